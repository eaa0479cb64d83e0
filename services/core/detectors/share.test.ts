// A response that was shared, as timelines.
import { describe, expect, it } from "vitest";
import { only, tell } from "#test/helpers/story.ts";
import { act, at, prompt, response } from "#test/helpers/timeline.ts";

const type = "implicit:share";

describe("a share", () => {
  const entries = [
    prompt("0s", "write a poem"),
    response("5s", "r1", { text: null, extra: '{"output_chars":300}' }),
    act("12s", "share", "r1", { value: 150, label: "part" }),
    act("20s", "share", "r1", { value: 300, label: "all" }),
  ];

  it("says what was taken of which response and how soon", () => {
    expect(only(tell(entries), type)).toMatchObject({
      anchor: "r1",
      ts: at("5s"),
      ambiguity: "copied_elsewhere",
      evidence: ["response-5s", "share-12s", "share-20s"],
      value: { acts: 2, chars: 450, share_of_output: 1, kinds: "part,all", since_shown_ms: 7_000, in_trial: true },
    });
  });

  it("is no copy", () => {
    const driver = tell(entries);
    expect([driver.rate(type), driver.rate("implicit:copy")]).toEqual(["1/1", "0/1"]);
  });
});
