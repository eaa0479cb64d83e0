// A prompt or a response that was edited, as timelines.
import { describe, expect, it } from "vitest";
import { only, tell } from "#test/helpers/story.ts";
import { act, at, prompt, response } from "#test/helpers/timeline.ts";

const type = "implicit:edit";

describe("an edit", () => {
  it("says how many characters were changed of what", () => {
    const driver = tell([
      prompt("0s", "write a poem"),
      response("5s", "r1"),
      act("9s", "edit", "r1", { label: "response", value: 12 }),
      act("15s", "edit", "r1", { label: "prompt", value: 3 }),
    ]);
    expect(only(driver, type)).toMatchObject({
      anchor: "r1",
      ts: at("5s"),
      ambiguity: null,
      evidence: ["response-5s", "edit-9s", "edit-15s"],
      value: { acts: 2, in_trial: true, since_shown_ms: 4_000, chars_changed: 15, edited: "response,prompt" },
    });
  });

  it("fires before the edited prompt ends the trial, and neither is a repeat-ask", () => {
    const driver = tell([
      prompt("0s", "write a poem about the sea"),
      response("5s", "r1"),
      act("9s", "edit", "r1", { label: "prompt", value: 4 }),
      prompt("10s", "write a poem about the sea", { label: "edited" }),
    ]);
    expect([driver.rate(type), driver.rate("implicit:repeat-ask")]).toEqual(["1/1", "0/0"]);
  });
});
