// A visit that ended without a word, as timelines; which ends are silent, abandonment's file tells.
import { describe, expect, it } from "vitest";
import { only, tell } from "#test/helpers/story.ts";
import { at, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";

const type = "implicit:silent-end";
const visit = [
  prompt("0s", "hello there"),
  response("1s", "r1"),
  prompt("1m", "weather in oslo"),
  response("61s", "r2", { prompt_version: "p2" }),
];

describe("a silent end", () => {
  it("may well be a satisfied user", () => {
    expect(only(tell(visit), type).ambiguity).toBe("satisfied_leave");
  });

  it("of a single turn says that it was one", () => {
    expect(only(tell(visit.slice(0, 2)), type).ambiguity).toBe("satisfied_leave,single_turn");
  });

  it("is about the visit's last response, and said when the silence has lasted", () => {
    expect(only(tell(visit), type)).toMatchObject({
      anchor: "r2",
      response_id: "r2",
      prompt_version: "p2",
      ts: at("31m1s"),
      window_start: at("0s"),
      window_end: at("31m1s"),
      evidence: ["response-61s"],
      score: 0,
      value: { closed_by: "gap", frictions: [], friction_score: 0 },
    });
  });

  it("is said at once when the session ended", () => {
    expect(only(tell([...visit, sessionEnd("2m")]), type)).toMatchObject({
      ts: at("2m"),
      value: { closed_by: "session_end" },
    });
  });

  it("shares its trials with abandonment and escalation", () => {
    const driver = tell(visit);
    expect([type, "implicit:abandonment", "implicit:escalation"].map((name) => driver.rate(name))).toEqual([
      "1/1",
      "0/1",
      "0/1",
    ]);
  });
});
