// What counts as friction and as a marker at the end of a visit, as timelines.
import { describe, expect, it } from "vitest";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { act, createDriver, prompt, response, sessionEnd, thumbs } from "#test/helpers/timeline.ts";

/** How a visit of two exchanges ends, given what is done after the second answer. */
const endOf = (...acts: readonly InteractionRecord[]) => {
  const driver = createDriver();
  driver.log(prompt("0s", "hello"), response("1s", "r1"), prompt("10s", "other words"), response("11s", "r2"));
  driver.log(...acts, sessionEnd("60s"));
  const [engagement] = driver.of("implicit:engagement-length");
  const [end] = [...driver.of("implicit:abandonment"), ...driver.of("implicit:silent-end")];
  const ending = JSON.parse(engagement?.event_value ?? "") as { end_state: string };
  const value = JSON.parse(end?.event_value ?? "{}") as { frictions?: string[]; friction_score?: number };
  return [ending.end_state, value.frictions ?? null, value.friction_score ?? null] as const;
};

const retracted = (when: string, label: string, more: Partial<InteractionRecord> = {}) =>
  act(when, "feedback_retracted", "r2", { label, ...more });

/** What is said of a prompt after several responses to the one before. */
const after = (text: string, ...responses: readonly InteractionRecord[]) => {
  const driver = createDriver();
  driver.log(prompt("0s", "reset my password"), ...responses, prompt("20s", text));
  return driver.final.filter(({ anchor }) => anchor === "prompt-20s");
};

describe("of several responses to one prompt", () => {
  it("the newest is the answer that a repeat is about", () =>
    expect(after("reset my password", response("1s", "r1"), response("2s", "r2"))).toMatchObject([
      { response_id: "r2" },
    ]));

  it("an error does not replace the answer", () => {
    const several = [response("1s", "r1"), response("2s", "r2", { label: "error" })] as const;
    const [signal] = after("reset my password", ...several);
    expect(signal).toMatchObject({ response_id: "r1" });
    expect(JSON.parse(signal?.event_value ?? "")).toMatchObject({ answer_label: "ok", preceding_response_id: "r1" });
    expect(after("no that is wrong", ...several)).toMatchObject([{ response_id: "r1" }]);
  });

  it("an error is the answer while there is no other", () => {
    const error = response("1s", "r1", { label: "error" });
    expect(after("reset my password", error)).toMatchObject([{ response_id: "r1" }]);
    expect(after("reset my password", error, response("2s", "r2"))).toMatchObject([{ response_id: "r2" }]);
  });

  it("an error leaves the question of an answer open", () =>
    expect(endOf(response("15s", "r3", { text: "which one?" }), response("16s", "r4", { label: "error" }))[1]).toEqual([
      "error",
      "unanswered-question",
    ]));
});

describe("the assistant repeats itself", () => {
  const same = { text: "try it once more" };

  it("when it answers two prompts alike", () =>
    expect(endOf(response("12s", "r3", same), prompt("15s", "something else"), response("16s", "r4", same))[1]).toEqual(
      ["self-repeat"],
    ));

  it("also with another try in between", () =>
    expect(
      endOf(
        response("12s", "r3", same),
        prompt("15s", "something else"),
        response("16s", "r4", { text: "nothing comes to mind" }),
        response("17s", "r5", same),
      )[1],
    ).toEqual(["self-repeat"]));

  it("but not when it answers one prompt twice", () =>
    expect(endOf(response("12s", "r3", same), response("13s", "r4", same))[1]).toEqual([]));
});

describe("tool errors", () => {
  it.each([
    ["3", ["tool-error"]],
    ["true", ["tool-error"]],
    ["0", []],
    ["false", []],
    ['"none"', []],
  ])("told as %s are friction: %j", (told, frictions) =>
    expect(
      endOf(prompt("15s", "something else"), response("16s", "r3", { extra: `{"tool_errors":${told}}` }))[1],
    ).toEqual(frictions),
  );
});

describe("of the votes of one user on one response the last counts", () => {
  it("a thumb down is friction", () =>
    expect(endOf(thumbs("20s", "r2", -1))).toEqual(["after-friction", ["thumbs-down"], 0.5]));

  it("a thumb down that was taken back is none", () =>
    expect(endOf(thumbs("20s", "r2", -1), retracted("21s", "thumbs"))).toEqual(["silent", [], 0]));

  it("a thumb up that was taken back is no marker", () =>
    expect(endOf(thumbs("20s", "r2", 1), retracted("21s", "thumbs"))).toEqual(["silent", [], 0]));

  it("a thumb turned down is friction and no marker", () =>
    expect(endOf(thumbs("20s", "r2", 1), thumbs("21s", "r2", -1))[0]).toBe("after-friction"));

  it("a thumb turned up is a marker and no friction", () =>
    expect(endOf(thumbs("20s", "r2", -1), thumbs("21s", "r2", 1))[0]).toBe("used"));

  it("a thumb down twice is one friction", () =>
    expect(endOf(thumbs("20s", "r2", -1), thumbs("21s", "r2", -1))[2]).toBe(0.5));

  it("a copy before a thumb down that was taken back counts again", () =>
    expect(endOf(act("15s", "copy", "r2"), thumbs("20s", "r2", -1), retracted("21s", "thumbs"))[0]).toBe("used"));

  it("another user's, another response's and another kind's retraction take nothing back", () => {
    expect(endOf(thumbs("20s", "r2", -1), retracted("21s", "thumbs", { user_id_hash: "u2" }))[0]).toBe(
      "after-friction",
    );
    expect(endOf(thumbs("20s", "r1", -1), retracted("21s", "thumbs"))[0]).toBe("after-friction");
    expect(endOf(thumbs("20s", "r2", -1), retracted("21s", "rating"))[0]).toBe("after-friction");
  });
});
