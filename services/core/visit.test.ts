// Where one visit of a session ends and the next begins, as timelines.
import { describe, expect, it } from "vitest";
import { minutesOf, only, tell, told } from "#test/helpers/story.ts";
import { act, at, type Entry, event, prompt, response, sessionEnd, start } from "#test/helpers/timeline.ts";
import { gridShift } from "./visit.ts";

const hour = 3_600_000;
const answered = [prompt("0s", "hello there"), response("1s", "r1")];
/** Visits that have an end state. */
const ended = (entries: readonly Entry[]) => tell(entries).rate("implicit:escalation").split("/")[1];

describe("a new visit begins", () => {
  it.each([
    ["at an event half an hour after the one before", "30m1s", "2"],
    ["not a millisecond earlier", "30m0.999s", "1"],
  ])("%s", (_, when, visits) => {
    expect(ended([...answered, prompt(when, "weather"), response("31m", "r2")])).toBe(visits);
  });

  it("whatever kind of event breaks the silence", () => {
    const kept = [act("20m", "dwell", "r1"), prompt("45m", "weather"), response("46m", "r2")];
    expect(ended([...answered, ...kept])).toBe("1");
  });

  it("after a session_end, however soon", () => {
    expect(ended([...answered, sessionEnd("5s"), prompt("6s", "weather"), response("7s", "r2")])).toBe("2");
  });

  it("in each session and tenant by itself", () => {
    const other = [prompt("5s", "hi", { session_id: "s2" }), response("6s", "r1", { session_id: "s2" })];
    const foreign = [prompt("5s", "hi", { tenant: "other" }), response("6s", "r1", { tenant: "other" })];
    expect(ended([...answered, sessionEnd("9s"), ...other, ...foreign])).toBe("3");
  });

  it("with a first turn that is no trial, and a context of its own", () => {
    const driver = tell([
      prompt("0s", "hello there", { feature: "search" }),
      response("1s", "r1"),
      prompt("40m", "that again"),
      response("41m", "r2"),
      prompt("42m", "no that"),
    ]);
    expect(driver.rate("implicit:repeat-ask")).toBe("0/1");
    expect(told(driver, "implicit:engagement-length").map(({ feature }) => feature)).toEqual(["search", null]);
  });

  it("later or sooner by a setting", () => {
    const entries = [...answered, prompt("20m", "weather"), response("21m", "r2")];
    expect(tell(entries, { settings: { gap: 10 * 60_000 } }).rate("implicit:escalation")).toBe("0/2");
  });
});

/** When the four-hour grid cuts the session: within four hours after the start. */
const border = start + 4 * hour - ((start + gridShift("acme", "s1", { gap: 0, maxSession: 4 * hour })) % (4 * hour));
const minutesToBorder = Math.floor((border - start) / 60_000);
const m = (minutes: number) => `${minutesToBorder + minutes}m`;
const asked = (minutes: number) => [prompt(m(minutes), "hello there"), response(m(minutes), `r${minutes}`)];
/** Whether a visit begins at so many minutes after the border, ten minutes after the event before. */
const begins = (minutes: number) => {
  const driver = tell([...asked(minutes - 10), ...asked(minutes)]);
  return driver.rate("implicit:repeat-ask") === "0/0";
};

describe("a session without a pause", () => {
  const cut = [...asked(-20), event(m(-10), "escalation"), ...asked(15), sessionEnd(m(25))];

  it("is cut on a grid, at other times in other sessions", () => {
    const shifts = ["s1", "s2", "s3", "s4"].map((id) => gridShift("acme", id, { gap: 0, maxSession: 4 * hour }));
    expect(new Set(shifts).size).toBe(4);
    expect([-5, 0, 1, 5, 15].map(begins)).toEqual([false, false, true, true, false]);
  });

  it("has no end state where only the grid cut it: the user is still there", () => {
    const driver = tell(cut);
    const rates = ["abandonment", "silent-end", "escalation"].map((name) => driver.rate(`implicit:${name}`));
    expect(rates).toEqual(["0/1", "1/1", "0/1"]);
    expect(driver.of("implicit:silent-end")).toMatchObject([{ anchor: "r15" }]);
    expect(driver.of("implicit:escalation")).toHaveLength(1);
    expect(
      told(driver, "implicit:engagement-length").map(({ value }) => [value["end_state"], value["closed_by"]]),
    ).toEqual([
      [null, "grid"],
      ["silent", "session_end"],
    ]);
  });

  it("ends its response trials at the event that shows the cut", () => {
    expect(minutesOf(tell(cut), "implicit:copy")).toEqual([
      `${minutesToBorder + 15}: 0/1`,
      `${minutesToBorder + 25}: 0/1`,
    ]);
  });

  it("closes by silence if that follows instead", () => {
    const driver = tell(asked(-20));
    expect(driver.of("implicit:silent-end")).toMatchObject([{ ts: at(m(10)) }]);
  });
});

describe("events of one instant", () => {
  it("are a question, its answer, what is done with it, the end, whatever their ids and their order in the log", () => {
    const driver = tell([
      sessionEnd("0s", { event_id: "a" }),
      act("0s", "copy", "r1", { event_id: "b" }),
      response("0s", "r1", { event_id: "c" }),
      prompt("0s", "weather", { event_id: "e" }),
      prompt("0s", "hello there", { event_id: "d" }),
    ]);
    expect(only(driver, "implicit:copy")).toMatchObject({ evidence: ["c", "b"], value: { in_trial: true } });
    expect(minutesOf(driver, "implicit:repeat-ask")).toEqual(["0: 0/1"]);
    expect(minutesOf(driver, "implicit:silent-end")).toEqual(["0: 0/1"]);
  });
});
