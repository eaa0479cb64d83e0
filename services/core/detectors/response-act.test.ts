// One response and what is done with it, as timelines: acts before and after its record, in and out of its trial.
import { describe, expect, it } from "vitest";
import { act, createDriver, prompt, response, sessionEnd, start } from "#test/helpers/timeline.ts";

const acts = ["copy", "share", "regenerate", "edit", "stop"] as const;

describe("an act before the record of its response", () => {
  it.each(acts)("%s is sent at once, then with provenance and in its trial", (type) => {
    const driver = createDriver();
    driver.log(prompt("0s", "write a poem"), act("5s", type, "r1"));
    expect(driver.of(`implicit:${type}`)).toMatchObject([
      { provenance_status: "unresolved", window_start: start + 5_000 },
    ]);

    driver.log(response("6s", "r1"), prompt("20s", "now another one"), sessionEnd("30s"));
    driver.finish();
    const [signal] = driver.of(`implicit:${type}`);
    expect(signal).toMatchObject({
      provenance_status: "resolved",
      prompt_version: "p1",
      window_start: start + 5_000,
      window_end: start + 6_000,
      evidence: JSON.stringify([`${type}-5s`, "response-6s"]),
    });
    expect(JSON.parse(signal?.event_value ?? "")).toMatchObject({ acts: 1, in_trial: true, since_shown_ms: 0 });
    expect(driver.rate(`implicit:${type}`)).toBe("1/1");
  });

  it.each(acts)("%s ends alike when the response is appended first", (type) => {
    const records = [prompt("0s", "write a poem"), act("5s", type, "r1"), response("6s", "r1"), prompt("20s", "more")];
    const inOrder = createDriver();
    const disordered = createDriver();
    inOrder.log(...records);
    disordered.log(...[0, 2, 3, 1].flatMap((index) => records[index] ?? []));
    const [said] = inOrder.of(`implicit:${type}`);
    expect(disordered.of(`implicit:${type}`)).toMatchObject([
      { event_id: said?.event_id, event_value: said?.event_value, evidence: said?.evidence },
    ]);
    disordered.finish();
    expect(disordered.rate(`implicit:${type}`)).toBe("1/1");
  });

  it("gets its provenance but is outside the trial when a prompt lies between", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "write a poem"), act("5s", "stop", "r1"), prompt("6s", "or a song"), response("9s", "r1"));
    driver.finish();
    const [signal] = driver.of("implicit:stop");
    expect(signal?.provenance_status).toBe("resolved");
    expect(JSON.parse(signal?.event_value ?? "")).toMatchObject({ in_trial: false });
    expect(driver.rate("implicit:stop")).toBe("0/1");
  });

  it("stays as it is when the response is recorded twice", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), act("5s", "stop", "r1"), response("6s", "r1"), response("7s", "r1"));
    expect(driver.signals).toHaveLength(2);
  });

  it("tells a later repeat of the question that an older answer was regenerated", () => {
    const driver = createDriver();
    driver.log(
      prompt("0s", "reset my password"),
      response("5s", "r1"),
      response("6s", "r2"),
      act("7s", "regenerate", "r1"),
      prompt("20s", "reset my password"),
    );
    const [signal] = driver.of("implicit:repeat-ask");
    expect(JSON.parse(signal?.event_value ?? "")).toMatchObject({ regenerated: true });
  });

  it("tells a later repeat of the question that it was regenerated", () => {
    const driver = createDriver();
    driver.log(
      prompt("0s", "reset my password"),
      act("5s", "regenerate", "r1"),
      response("6s", "r1"),
      response("9s", "r2"),
      prompt("20s", "reset my password"),
    );
    const [signal] = driver.of("implicit:repeat-ask");
    expect(JSON.parse(signal?.event_value ?? "")).toMatchObject({ regenerated: true });
  });
});
