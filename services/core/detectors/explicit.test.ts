// Explicit feedback as timelines: provenance that comes after the answer, answers that change.
import { describe, expect, it } from "vitest";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { minutesOf, only, tell, told } from "#test/helpers/story.ts";
import { act, at, createDriver, event, prompt, response, sessionEnd, start, thumbs } from "#test/helpers/timeline.ts";

const answers = {
  thumbs: thumbs("5s", "r1", -1),
  rating: act("5s", "feedback", "r1", { label: "rating", value: 1 }),
  comment: act("5s", "feedback", "r1", { label: "comment", text: "too long" }),
  form: act("5s", "feedback", "r1", { label: "form", extra: '{"useful":false}' }),
} as const;
const kinds = ["thumbs", "rating", "comment", "form"] as const;

describe("an answer before the record of its response", () => {
  it.each(kinds)("%s is sent at once, then with provenance", (kind) => {
    const driver = createDriver();
    driver.log(prompt("0s", "write a poem"), answers[kind]);
    expect(driver.of(kind)).toMatchObject([{ provenance_status: "unresolved" }]);
    driver.log(response("6s", "r1"));
    expect(driver.of(kind)).toMatchObject([
      {
        provenance_status: "resolved",
        prompt_version: "p1",
        ts: start + 5_000,
        window_start: start + 5_000,
        window_end: start + 6_000,
        evidence: '["feedback-5s","response-6s"]',
      },
    ]);
    expect(driver.signals).toHaveLength(2);
  });

  it("is revised for every user who gave one", () => {
    const driver = createDriver();
    driver.log(
      thumbs("4s", "r1", 1, { user_id_hash: "u1" }),
      thumbs("5s", "r1", -1, { user_id_hash: "u2" }),
      thumbs("5s", "r2", -1, { user_id_hash: "u2", event_id: "other" }),
      response("6s", "r1"),
    );
    expect(driver.of("thumbs").map((signal) => signal.provenance_status)).toHaveLength(3);
    expect(driver.of("thumbs").filter((signal) => signal.provenance_status === "resolved")).toHaveLength(2);
  });

  it("names at most 20 events, the last answer among them", () => {
    const driver = createDriver();
    driver.log(response("0s", "r1"));
    for (let second = 1; second <= 30; second += 1) driver.log(thumbs(`${second}s`, "r1", second % 2 === 0 ? 1 : -1));
    const evidence = JSON.parse(driver.of("thumbs")[0]?.evidence ?? "") as string[];
    expect(evidence).toHaveLength(20);
    expect([evidence[0], evidence.at(-1)]).toEqual(["response-0s", "feedback-30s"]);
  });
});

const versions = (driver: ReturnType<typeof createDriver>, type: string) =>
  driver.tallies
    .filter(({ signal_type, trials }) => signal_type === type && trials > 0)
    .map(({ prompt_version, fired }) => [prompt_version, fired]);

describe("trials about a response whose record comes after what they count", () => {
  it("explicit:negative moves to the response's slice within its minute", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), thumbs("5s", "r1", -1), response("6s", "r1"));
    driver.finish();
    expect(versions(driver, "explicit:negative")).toEqual([["p1", 1]]);
    expect(driver.rate("explicit:negative")).toBe("1/1");
  });

  it("explicit:negative stays in the unknown slice when its minute may be sealed", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), thumbs("5s", "r1", -1), response("61s", "r1"));
    driver.finish();
    expect(versions(driver, "explicit:negative")).toEqual([["unknown", 1]]);
  });

  it("explicit:negative takes back what was already flushed", () => {
    const driver = createDriver();
    driver.log(
      prompt("0s", "hi"),
      thumbs("5s", "r1", -1),
      event("90s", "resolved", { session_id: "s2" }),
      response("6s", "r1"),
    );
    driver.finish();
    expect(driver.rate("explicit:negative")).toBe("1/1");
  });

  it("explicit:answered counts in the response's slice", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), act("5s", "impression", "r1"), thumbs("5s", "r1", 1), response("6s", "r1"));
    driver.finish();
    expect(versions(driver, "explicit:answered")).toEqual([["p1", 1]]);
  });

  it("explicit:thumbs-down fires", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), thumbs("5s", "r1", -1), response("6s", "r1"), prompt("9s", "no"));
    driver.finish();
    expect(driver.rate("explicit:thumbs-down")).toBe("1/1");
  });
});

type More = Partial<InteractionRecord>;
const shown = [prompt("0s", "write a poem"), response("1s", "r1")];
const answer = (when: string, label: string, more: More = {}) => act(when, "feedback", "r1", { label, ...more });
const takenBack = (when: string, label: string, more: More = {}) =>
  act(when, "feedback_retracted", "r1", { label, ...more });

describe("an answer as a signal", () => {
  it("is told at once with the response it is about, under a type without prefix", () => {
    const driver = createDriver();
    driver.log(...shown, thumbs("9s", "r1", -1, { user_id_hash: "u1" }));
    expect(only(driver, "thumbs")).toMatchObject({
      anchor: '["r1","u1","thumbs"]',
      ts: at("9s"),
      response_id: "r1",
      user_id_hash: "u1",
      prompt_version: "p1",
      provenance_status: "resolved",
      evidence: ["response-1s", "feedback-9s"],
      value: { value: -1 },
    });
  });

  it.each<[1 | -1, string]>([
    [1, "positive"],
    [-1, "negative"],
  ])("by thumbs %d is %s", (value, category) => {
    expect(only(tell([...shown, thumbs("9s", "r1", value)]), "thumbs")).toMatchObject({ category, value: { value } });
  });

  it.each([
    [2, null, 5, "negative"],
    [2.01, null, 5, "neutral"],
    [3, null, 5, "neutral"],
    [5, null, 5, "positive"],
    [0, null, 5, "negative"],
    [4, 10, 10, "negative"],
    [5, 10, 10, "neutral"],
    [1, 2, 2, "neutral"],
    [40, 100, 100, "negative"],
    [41, 100, 100, "neutral"],
  ])("by rating %d with scale_max %s of a scale of %d is %s", (value, given, scale, category) => {
    const extra = given === null ? null : `{"scale_max":${given}}`;
    const driver = tell([...shown, answer("9s", "rating", { value, extra })]);
    expect(only(driver, "rating")).toMatchObject({ category, value: { value, scale_max: scale } });
    expect(driver.rate("explicit:negative")).toBe(category === "negative" ? "1/1" : "0/1");
  });

  it("by comment withholds the words and tells their length", () => {
    const driver = tell([...shown, answer("9s", "comment", { text: "my name is Ada and this is wrong" })]);
    expect(only(driver, "comment")).toMatchObject({ category: null, value: { text_chars: 32, text_cut: false } });
    expect(JSON.stringify(driver.outputs)).not.toContain("Ada");
  });

  it("by form tells numbers and ticks, and of words their length", () => {
    const extra = '{"solved":false,"effort":3,"why":"Ada said so","more":{"name":"Ada"}}';
    const driver = tell([...shown, answer("9s", "form", { extra })]);
    expect(only(driver, "form").value["answers"]).toEqual({ effort: 3, more_chars: 14, solved: false, why_chars: 11 });
    expect(JSON.stringify(driver.outputs)).not.toContain("Ada");
  });
});

describe("of the answers of one user by one control the last counts", () => {
  it("as a revision of the same signal", () => {
    const driver = tell([...shown, thumbs("9s", "r1", 1), thumbs("15s", "r1", -1)]);
    expect(only(driver, "thumbs")).toMatchObject({ revision: 2, ts: at("15s"), value: { value: -1, acts: 2 } });
    expect(
      new Set(driver.signals.filter(({ event_type }) => event_type === "thumbs").map((s) => s.event_id)).size,
    ).toBe(1);
  });

  it("by event time, whichever came first in the log", () => {
    expect(only(tell([...shown, thumbs("15s", "r1", -1), thumbs("9s", "r1", 1)]), "thumbs").value["value"]).toBe(-1);
  });

  it("and another user's, another control's and another response's stand beside it", () => {
    const driver = tell([
      ...shown,
      response("2s", "r2"),
      thumbs("9s", "r1", 1, { user_id_hash: "u1" }),
      thumbs("10s", "r1", -1, { user_id_hash: "u2" }),
      answer("11s", "rating", { value: 1, user_id_hash: "u2" }),
      thumbs("12s", "r2", -1, { user_id_hash: "u2" }),
    ]);
    expect([told(driver, "thumbs").length, told(driver, "rating").length]).toEqual([3, 1]);
  });

  it("unless it was taken back", () => {
    const driver = createDriver();
    driver.log(...shown, thumbs("9s", "r1", 1), takenBack("15s", "thumbs"));
    expect(driver.of("thumbs")).toEqual([]);
    expect(driver.signals.at(-1)).toMatchObject({ event_type: "thumbs", revision: 2, retracted: true });
    driver.log(thumbs("20s", "r1", -1));
    expect(only(driver, "thumbs")).toMatchObject({ revision: 3, value: { value: -1 } });
  });

  it.each<[string, More]>([
    ["another control", { label: "rating" }],
    ["another user", { label: "thumbs", user_id_hash: "u2" }],
    ["another response", { label: "thumbs", response_id: "r2" }],
  ])("and taking back that of %s leaves it", (_, more) => {
    const driver = tell([
      ...shown,
      thumbs("9s", "r1", 1, { user_id_hash: "u1" }),
      takenBack("15s", "", { user_id_hash: "u1", ...more }),
    ]);
    expect(only(driver, "thumbs").value["value"]).toBe(1);
  });
});

describe("explicit:answered", () => {
  const type = "explicit:answered";
  const asked = [...shown, act("2s", "impression", "r1")];

  it.each([
    ["thumbs", { value: 1 }],
    ["rating", { value: 3 }],
    ["comment", { text: "nice" }],
    ["form", { extra: "{}" }],
  ])("fires by %s", (label, more) => {
    expect(tell([...asked, answer("9s", label, more)]).rate(type)).toBe("1/1");
  });

  it("is no trial where the control was not shown", () => {
    expect(tell([...shown, thumbs("9s", "r1", 1)]).rate(type)).toBe("0/0");
  });

  it("ends at the next prompt, or with the visit", () => {
    expect(minutesOf(tell([...asked, prompt("2m", "or a song")]), type)).toEqual(["2: 0/1"]);
    expect(minutesOf(tell([...asked, sessionEnd("3m")]), type)).toEqual(["3: 0/1"]);
    expect(minutesOf(tell(asked), type)).toEqual(["30: 0/1"]);
  });

  it("does not fire by an answer after the next prompt", () => {
    expect(tell([...asked, prompt("2m", "or a song"), thumbs("3m", "r1", 1)]).rate(type)).toBe("0/1");
  });

  it("is one trial however often the control scrolls by", () => {
    const again = [act("5s", "impression", "r1"), prompt("2m", "or a song"), act("3m", "impression", "r1")];
    expect(minutesOf(tell([...asked, ...again]), type)).toEqual(["2: 0/1"]);
  });
});

describe("explicit:negative", () => {
  const type = "explicit:negative";

  it("has a trial for each answer that can be negative, in its minute", () => {
    const driver = tell([...shown, thumbs("9s", "r1", 1), thumbs("70s", "r1", -1), sessionEnd("5m")]);
    expect(minutesOf(driver, type)).toEqual(["0: 0/1", "1: 1/1"]);
  });

  it("has none for comments and forms", () => {
    const driver = tell([...shown, answer("9s", "comment", { text: "bad" }), answer("10s", "form", { extra: "{}" })]);
    expect(driver.rate(type)).toBe("0/0");
  });

  it("keeps the trial of a vote that was taken back", () => {
    expect(tell([...shown, thumbs("9s", "r1", -1), takenBack("15s", "thumbs")]).rate(type)).toBe("1/1");
  });
});

describe("explicit:thumbs-down", () => {
  const type = "explicit:thumbs-down";

  it.each<[string, readonly InteractionRecord[], string]>([
    ["no vote", [], "0/1"],
    ["a thumb up", [thumbs("9s", "r1", 1)], "0/1"],
    ["a thumb down", [thumbs("9s", "r1", -1)], "1/1"],
    ["a thumb turned down", [thumbs("9s", "r1", 1), thumbs("12s", "r1", -1)], "1/1"],
    ["a thumb turned up", [thumbs("9s", "r1", -1), thumbs("12s", "r1", 1)], "0/1"],
    ["a thumb down that was taken back", [thumbs("9s", "r1", -1), takenBack("12s", "thumbs")], "0/1"],
    ["a poor rating", [answer("9s", "rating", { value: 1 })], "0/1"],
    ["a thumb down after the next prompt", [prompt("8s", "or a song"), thumbs("9s", "r1", -1)], "0/1"],
  ])("with %s is %s", (_, acts, rate) => {
    expect(tell([...shown, ...acts]).rate(type)).toBe(rate);
  });

  it("has a trial for each response, errors too, ending at the next prompt or with the visit", () => {
    const driver = tell([
      ...shown,
      response("2s", "r2", { label: "error" }),
      prompt("2m", "or a song"),
      response("3m", "r3"),
    ]);
    expect(minutesOf(driver, type)).toEqual(["2: 0/2", "33: 0/1"]);
  });

  it("fires once where two users vote down", () => {
    const votes = ["u1", "u2"].map((user_id_hash) =>
      thumbs("9s", "r1", -1, { user_id_hash, event_id: `by ${user_id_hash}` }),
    );
    expect(tell([...shown, ...votes]).rate(type)).toBe("1/1");
  });
});
