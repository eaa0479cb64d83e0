// One response and what is done with it, as timelines: acts before and after its record, in and out of its trial.
import { describe, expect, it } from "vitest";
import { minutesOf, only, tell } from "#test/helpers/story.ts";
import { act, createDriver, event, prompt, response, sessionEnd, start } from "#test/helpers/timeline.ts";

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

describe("the trial of a response", () => {
  it.each(acts)("for %s ends unfired at the next prompt, in its minute", (kind) => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1"), prompt("2m30s", "other words")]);
    expect(minutesOf(driver, `implicit:${kind}`)).toEqual(["2: 0/1"]);
    expect(driver.of(`implicit:${kind}`)).toEqual([]);
  });

  it.each([
    ["a session_end", [sessionEnd("3m")], "3: 0/1"],
    ["silence", [], "30: 0/1"],
  ])("without a next prompt ends at %s", (_, rest, minute) => {
    expect(minutesOf(tell([prompt("0s", "hi"), response("5s", "r1"), ...rest]), "implicit:copy")).toEqual([minute]);
  });

  it.each(acts)("is over when %s comes after the next prompt: said, not counted", (kind) => {
    const driver = tell([
      prompt("0s", "hi"),
      response("5s", "r1"),
      prompt("1m", "other words"),
      act("90s", kind, "r1"),
      response("95s", "r2"),
    ]);
    expect(only(driver, `implicit:${kind}`)).toMatchObject({ response_id: "r1", value: { in_trial: false } });
    expect(driver.rate(`implicit:${kind}`)).toBe("0/2");
  });

  it("counts an act in time although another one comes after it ended", () => {
    const driver = tell([
      prompt("0s", "hi"),
      response("5s", "r1"),
      act("9s", "copy", "r1"),
      prompt("1m", "other words"),
      act("90s", "copy", "r1"),
    ]);
    expect(only(driver, "implicit:copy").value).toMatchObject({ acts: 2, in_trial: true });
    expect(driver.rate("implicit:copy")).toBe("1/1");
  });

  it("is one for each response to a prompt", () => {
    const driver = tell([
      prompt("0s", "hi"),
      response("5s", "r1"),
      response("9s", "r2"),
      act("12s", "copy", "r1"),
      prompt("1m", "other words"),
    ]);
    expect(minutesOf(driver, "implicit:copy")).toEqual(["1: 1/2"]);
  });

  it.each([
    ["error", "0/0"],
    ["refusal", "0/1"],
    ["truncated", "0/1"],
    ["handoff", "0/1"],
    [null, "0/1"],
  ])("of one labelled %s makes the rate %s", (label, rate) => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1", { label })]);
    expect(acts.map((kind) => driver.rate(`implicit:${kind}`))).toEqual(acts.map(() => rate));
  });

  it("is not made for an error, though what is done with it is said", () => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1", { label: "error" }), act("9s", "copy", "r1")]);
    expect(only(driver, "implicit:copy").value["in_trial"]).toBe(false);
    expect(driver.rate("implicit:copy")).toBe("0/0");
  });

  it("never comes twice for a response recorded twice", () => {
    const twice = [response("5s", "r1"), response("9s", "r1", { event_id: "again" })];
    expect(tell([prompt("0s", "hi"), ...twice]).rate("implicit:copy")).toBe("0/1");
  });
});

const shown = (feature: string | null, version: string | null) =>
  tell([prompt("0s", "hi", { feature, app_version: version }), response("5s", "r1")], {
    settings: { unreported: "copy@voice/*,stop@*/1.*,share@chat/2.0" },
  });

const hashes = (unreported: string) => {
  const entries = [prompt("0s", "hi"), response("5s", "r1"), act("9s", "copy", "r1"), event("9s", "escalation")];
  const driver = tell(entries, { settings: { unreported } });
  return [only(driver, "implicit:copy").config_hash, only(driver, "implicit:escalation").config_hash];
};

describe("a client that cannot report an act", () => {
  it.each([
    ["voice", "2.0", { copy: "0/0", share: "0/1", stop: "0/1" }],
    ["voice", "1.9", { copy: "0/0", share: "0/1", stop: "0/0" }],
    ["voice", null, { copy: "0/0", share: "0/1", stop: "0/1" }],
    ["chat", "1.0", { copy: "0/1", share: "0/1", stop: "0/0" }],
    ["chat", "2.0", { copy: "0/1", share: "0/0", stop: "0/1" }],
    ["chat", "2.0.1", { copy: "0/1", share: "0/1", stop: "0/1" }],
    [null, "1.0", { copy: "0/1", share: "0/1", stop: "0/0" }],
  ])("has no trials of it: %s %s", (feature, version, rates) => {
    const driver = shown(feature, version);
    for (const [kind, rate] of Object.entries(rates)) expect(driver.rate(`implicit:${kind}`)).toBe(rate);
  });

  it("changes no other detector's settings hash", () => {
    const [copies, escalations] = hashes("");
    const [otherCopies, otherEscalations] = hashes("copy@voice/*");
    expect(otherCopies).not.toBe(copies);
    expect(otherEscalations).toBe(escalations);
  });
});

describe("an act in a visit that never showed the response", () => {
  it("is a signal without provenance and changes no rate", () => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1"), act("2h", "copy", "r1")]);
    expect(only(driver, "implicit:copy")).toMatchObject({
      provenance_status: "unresolved",
      prompt_version: null,
      value: { in_trial: false, since_shown_ms: null },
    });
    expect(driver.rate("implicit:copy")).toBe("0/1");
  });
});
