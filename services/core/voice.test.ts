// What is said again: revisions when something arrives late, retractions when it shows that a signal was none.
import { describe, expect, it } from "vitest";
import { only, tell } from "#test/helpers/story.ts";
import { act, at, createDriver, event, prompt, response, sessionEnd, thumbs } from "#test/helpers/timeline.ts";

const question = "reset my router password";

describe("a response that comes late", () => {
  it("within grace resolves the signal: the same id, the next revision, the provenance", () => {
    const driver = createDriver();
    driver.log(prompt("0s", question), act("5s", "copy", "r1"));
    const [first] = driver.signals;
    expect(first).toMatchObject({ provenance_status: "unresolved", model: null });
    driver.append(response("3s", "r1"), at("5m"));
    expect(only(driver, "implicit:copy")).toMatchObject({
      event_id: first?.event_id,
      revision: (first?.revision ?? 0) + 1,
      provenance_status: "resolved",
      model: "m",
    });
  });

  it("moves the trials from the unknown slice to its own", () => {
    const driver = createDriver();
    driver.log(prompt("0s", question), prompt("20s", "weather in oslo"), prompt("5m", "trains"));
    const slices = () =>
      driver.tallies
        .filter(({ signal_type, minute }) => signal_type === "implicit:repeat-ask" && minute === at("0s"))
        .map(({ prompt_version, trials }) => `${prompt_version} ${trials}`);
    expect(slices()).toEqual(["unknown 1"]);
    driver.append(response("3s", "r1"), at("5m"));
    driver.log(prompt("7m", "boats"));
    expect(slices().toSorted()).toEqual(["p1 1", "unknown 0", "unknown 1"]);
  });

  it("makes a repeat of what looked like impatience", () => {
    const driver = createDriver();
    driver.log(prompt("0s", question), prompt("1m", question));
    expect(driver.of("implicit:repeat-ask")).toEqual([]);
    driver.append(response("5s", "r1"), at("2m"));
    expect(only(driver, "implicit:repeat-ask")).toMatchObject({ revision: 1, grade: "repeat", ts: at("1m") });
  });

  it("after grace leaves the signal unresolved", () => {
    const driver = createDriver();
    driver.log(prompt("0s", question), act("5s", "copy", "r1"), event("20m", "resolved"));
    expect(driver.append(response("3s", "r1"), at("20m")).kind).toBe("late");
    expect(driver.signals.filter(({ event_type }) => event_type === "implicit:copy")).toMatchObject([
      { provenance_status: "unresolved" },
    ]);
  });
});

describe("an end that was none", () => {
  const visit = [prompt("0s", "hello"), response("1s", "r1"), prompt("1m", "weather"), response("61s", "r2")];

  it("is retracted by an event within grace that shows the session went on", () => {
    const driver = createDriver();
    driver.log(...visit, event("32m", "resolved", { session_id: "s2" }));
    const [said] = driver.of("implicit:silent-end");
    expect(said).toMatchObject({ revision: 1, ts: at("31m1s") });
    expect(driver.append(response("25m", "r3"), at("33m")).kind).toBe("applied");
    const again = driver.signals.findLast(({ event_id }) => event_id === said?.event_id);
    expect(again).toMatchObject({ revision: 2, retracted: true });
    driver.finish();
    expect(driver.of("implicit:silent-end")).toMatchObject([{ anchor: "r3", ts: at("55m") }]);
    expect(driver.rate("implicit:silent-end")).toBe("1/1");
  });

  it("changes its state with what arrives: a copy retracts it", () => {
    const driver = createDriver();
    driver.log(...visit, event("32m", "resolved", { session_id: "s2" }));
    driver.append(act("24m", "copy", "r2"), at("33m"));
    driver.finish();
    expect([driver.of("implicit:silent-end").length, driver.rate("implicit:silent-end")]).toEqual([0, "0/1"]);
  });

  it("stays one when the user comes back after the gap", () => {
    const driver = tell([...visit, prompt("32m", "hello"), response("33m", "r3")]);
    expect(driver.signals.filter(({ retracted }) => retracted)).toEqual([]);
    expect(driver.rate("implicit:silent-end")).toBe("2/2");
  });

  it("is one of two when a session_end arrives late in the middle", () => {
    const driver = createDriver();
    driver.log(...visit);
    driver.append(sessionEnd("30s"), at("2m"));
    driver.finish();
    expect(driver.rate("implicit:silent-end")).toBe("2/2");
    expect(driver.rate("implicit:repeat-ask")).toBe("0/0");
  });
});

describe("a repeat that was none", () => {
  it("is retracted, with its trial unfired, when another question turns out to lie between", () => {
    const driver = createDriver();
    driver.log(prompt("0s", question), response("5s", "r1"), prompt("1m", question));
    expect(driver.of("implicit:repeat-ask")).toHaveLength(1);
    // The answer was to another question, asked in between.
    driver.append(prompt("4s", "weather in oslo"), at("2m"));
    driver.finish();
    expect(driver.of("implicit:repeat-ask")).toEqual([]);
    expect(driver.rate("implicit:repeat-ask")).toBe("0/2");
  });

  it("that is retracted and comes back goes on counting revisions", () => {
    const driver = createDriver();
    driver.log(prompt("0s", question), response("5s", "r1"), prompt("1m", question));
    driver.append(prompt("4s", "weather in oslo"), at("2m"));
    driver.append(response("3s", "r0"), at("2m"));
    const revisions = driver.signals
      .filter(({ event_type }) => event_type === "implicit:repeat-ask")
      .map(({ revision, retracted }) => `${revision}${retracted ? " retracted" : ""}`);
    expect(revisions).toEqual(["1", "2 retracted", "3"]);
  });
});

describe("nothing is said twice", () => {
  const records = [
    prompt("0s", question),
    response("5s", "r1"),
    prompt("1m", question),
    thumbs("70s", "r1", -1),
    response("75s", "r2"),
    act("80s", "copy", "r2"),
  ];

  it.each(["in the log", "after the visit has ended"])("by an event delivered again %s", (when) => {
    const driver = createDriver();
    driver.log(...records);
    if (when === "after the visit has ended") driver.log(event("33m", "resolved", { session_id: "s2" }));
    const before = driver.signals.length;
    for (const record of records) {
      const verdict = driver.append(record, at("5m"));
      expect(verdict.kind).toBe(when === "in the log" ? "duplicate" : "late");
    }
    expect(driver.signals).toHaveLength(before);
  });

  it("by an event that arrives out of order and changes nothing of a signal", () => {
    const driver = createDriver();
    driver.log(...records);
    const before = driver.signals.length;
    driver.append(act("6s", "dwell", "r1", { label: "scroll" }), at("2m"));
    expect(driver.signals).toHaveLength(before);
  });

  it("and of two contents under one id the first in the log counts", () => {
    const driver = tell([
      ...records,
      prompt("1m", "something else"),
      act("80s", "share", "r2", { event_id: "copy-80s" }),
    ]);
    expect([driver.rate("implicit:repeat-ask"), driver.rate("implicit:share")]).toEqual(["1/1", "0/2"]);
  });

  it("though one id in two sessions is two events", () => {
    const driver = tell([...records, ...records.map((record) => ({ ...record, session_id: "s2" }))]);
    expect(driver.rate("implicit:repeat-ask")).toBe("2/2");
  });
});

describe("any order within grace ends in the same signals", () => {
  const records = [
    prompt("0s", question),
    response("5s", "r1"),
    act("9s", "copy", "r1"),
    prompt("1m", question),
    response("65s", "r2", { label: "refusal" }),
    thumbs("70s", "r2", -1),
    event("80s", "escalation"),
    sessionEnd("2m"),
  ];
  const content = (order: readonly number[]) => {
    const driver = createDriver();
    for (const index of order) {
      const record = records[index];
      if (record !== undefined) driver.append(record, at("3m"));
    }
    driver.finish();
    return driver.final.map(({ event_id, event_value, evidence, provenance_status, ts }) => ({
      event_id,
      event_value,
      evidence,
      provenance_status,
      ts,
    }));
  };
  const inOrder = content([0, 1, 2, 3, 4, 5, 6, 7]);

  it.each([
    ["backwards", [7, 6, 5, 4, 3, 2, 1, 0]],
    ["responses last", [0, 2, 3, 5, 6, 7, 1, 4]],
    ["the end first", [7, 0, 1, 2, 3, 4, 5, 6]],
    ["shuffled", [3, 6, 1, 7, 0, 5, 2, 4]],
  ])("%s", (_, order) => {
    expect(content(order)).toEqual(inOrder);
  });
});
