// A response stopped while it was written, as timelines.
import { describe, expect, it } from "vitest";
import { only, tell } from "#test/helpers/story.ts";
import { act, at, prompt, response } from "#test/helpers/timeline.ts";

const type = "implicit:stop";

describe("a stop", () => {
  it("says how much had been written", () => {
    const driver = tell([
      prompt("0s", "write a poem"),
      response("5s", "r1", { label: "truncated", extra: '{"output_chars":42}' }),
      act("6s", "stop", "r1"),
    ]);
    expect(only(driver, type)).toMatchObject({
      anchor: "r1",
      ts: at("5s"),
      ambiguity: null,
      evidence: ["response-5s", "stop-6s"],
      value: { acts: 1, in_trial: true, since_shown_ms: 1_000, output_chars: 42 },
    });
    expect(driver.rate(type)).toBe("1/1");
  });

  it("pressed twice is pressed once to its rate", () => {
    const driver = tell([
      prompt("0s", "write a poem"),
      response("5s", "r1"),
      act("6s", "stop", "r1"),
      act("7s", "stop", "r1"),
    ]);
    expect([only(driver, type).value["acts"], driver.rate(type)]).toEqual([2, "1/1"]);
  });
});
