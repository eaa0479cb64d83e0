// How long the user stayed after a response, as timelines: a measure, so every response shown gets one.
import { describe, expect, it } from "vitest";
import { minutesOf, only, tell, told } from "#test/helpers/story.ts";
import { act, at, type Entry, event, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";

const type = "implicit:engagement-length";
const valueOf = (entries: readonly Entry[], id: string) =>
  told(tell(entries), type).find(({ anchor }) => anchor === id)?.value;

const visit = [
  prompt("0s", "hello there"),
  response("10s", "r1"),
  prompt("1m", "weather in oslo"),
  response("70s", "r2"),
  prompt("2m", "trains to bergen"),
  response("130s", "r3"),
];

describe("the measure of a response", () => {
  it("counts the user turns after it", () => {
    expect(told(tell(visit), type).map(({ anchor, value }) => [anchor, value["turns_after"]])).toEqual([
      ["r1", 2],
      ["r2", 1],
      ["r3", 0],
    ]);
  });

  it("adds up the pauses after it, of which each counts five minutes at most", () => {
    const entries = [...visit, act("7m10s", "copy", "r3"), act("12m10s1ms", "copy", "r3"), sessionEnd("30m")];
    expect(valueOf(entries, "r3")?.["active_ms_after"]).toBe(300_000 + 300_000 + 300_000);
    expect(valueOf(entries, "r2")?.["active_ms_after"]).toBe(60_000 + 900_000);
    expect(valueOf([...visit, act("2m30s", "copy", "r3")], "r3")?.["active_ms_after"]).toBe(20_000);
  });

  it("stops counting at the last event, not at the end of the silence", () => {
    expect(valueOf(visit, "r3")?.["active_ms_after"]).toBe(0);
  });

  it("caps pauses where it is told to", () => {
    const driver = tell(visit, { settings: { activityCap: 20_000 } });
    expect(told(driver, type)[0]?.value["active_ms_after"]).toBe(20_000 + 10_000 + 20_000 + 10_000);
  });

  it("adds up how long it was visible, however far it was scrolled", () => {
    const dwells = [
      act("15s", "dwell", "r1", { label: "visible", value: 4_000 }),
      act("20s", "dwell", "r1", { label: "scroll", value: 80 }),
      act("65s", "dwell", "r1", { label: "visible", value: 2_500 }),
    ];
    expect(valueOf([...visit, ...dwells], "r1")?.["dwell_ms"]).toBe(6_500);
    expect(valueOf([...visit, ...dwells], "r2")?.["dwell_ms"]).toBe(0);
  });

  it.each<[string, readonly Entry[]]>([
    ["silent", []],
    ["used", [act("3m", "copy", "r3")]],
    ["after-friction", [act("3m", "stop", "r3")]],
    ["escalated", [act("3m", "copy", "r3"), event("4m", "escalation")]],
  ])("says that the session ended %s", (state, acts) => {
    expect(valueOf([...visit, ...acts], "r1")?.["end_state"]).toBe(state);
  });
});

describe("the signal", () => {
  it("is the response's, and lies between it and the end of the visit", () => {
    const driver = tell([prompt("0s", "hello"), response("10s", "r1"), act("20s", "copy", "r1"), sessionEnd("2m")]);
    expect(only(driver, type)).toMatchObject({
      anchor: "r1",
      response_id: "r1",
      ts: at("10s"),
      window_start: at("10s"),
      window_end: at("2m"),
      grade: null,
      score: null,
    });
  });

  it("is sent at the end of the visit, one for each response of a prompt, too", () => {
    const driver = tell([prompt("0s", "hello"), response("10s", "r1"), response("20s", "r2")]);
    expect(told(driver, type).map(({ anchor, ts }) => [anchor, ts])).toEqual([
      ["r1", at("10s")],
      ["r2", at("20s")],
    ]);
    expect(minutesOf(driver, type)).toEqual(["30: 2/2"]);
  });

  it("is sent for no error", () => {
    const driver = tell([prompt("0s", "hello"), response("10s", "r1", { label: "error" })]);
    expect([driver.of(type).length, driver.rate(type)]).toEqual([0, "0/0"]);
  });

  it("counts as a trial that always fires", () => {
    expect(tell(visit).rate(type)).toBe("3/3");
  });
});
