// Another answer asked for by button, as timelines.
import { describe, expect, it } from "vitest";
import { only, tell, told } from "#test/helpers/story.ts";
import { act, at, prompt, response } from "#test/helpers/timeline.ts";

const type = "implicit:regenerate";

describe("a regenerate", () => {
  it("is about the response that did not please", () => {
    const entries = [
      prompt("0s", "write a poem"),
      response("5s", "r1", { label: "truncated" }),
      act("9s", "regenerate", "r1"),
      response("14s", "r2"),
    ];
    const driver = tell(entries);
    expect(only(driver, type)).toMatchObject({
      anchor: "r1",
      ts: at("5s"),
      ambiguity: "probing",
      evidence: ["response-5s", "regenerate-9s"],
      value: { acts: 1, in_trial: true, since_shown_ms: 4_000, response_label: "truncated" },
    });
    expect(driver.rate(type)).toBe("1/2");
  });

  it("again and again is one signal for each response", () => {
    const driver = tell([
      prompt("0s", "write a poem"),
      response("5s", "r1"),
      act("9s", "regenerate", "r1"),
      response("14s", "r2"),
      act("19s", "regenerate", "r2"),
      response("24s", "r3"),
    ]);
    expect(told(driver, type).map(({ anchor }) => anchor)).toEqual(["r1", "r2"]);
    expect(driver.rate(type)).toBe("2/3");
  });

  it("is no repeat-ask, though the same question is answered again", () => {
    const driver = tell([
      prompt("0s", "write a poem"),
      response("5s", "r1"),
      act("9s", "regenerate", "r1"),
      response("14s", "r2"),
    ]);
    expect([driver.of("implicit:repeat-ask").length, driver.rate("implicit:repeat-ask")]).toEqual([0, "0/0"]);
  });
});
