// Labels: what a producer writes there enters a signal only where it means something.
import { describe, expect, it } from "vitest";
import { act, createDriver, event, prompt, response, sessionEnd, thumbs } from "#test/helpers/timeline.ts";

const secret = "what the user whispered";

describe("a label without a meaning", () => {
  it("enters no signal, whatever event it stands on", () => {
    const label = secret;
    const driver = createDriver();
    driver.log(
      prompt("0s", "reset my password", { label }),
      response("1s", "r1", { label }),
      ...["copy", "share", "regenerate", "edit", "stop", "dwell", "impression"].map((type) =>
        act("2s", type, "r1", { label }),
      ),
      event("3s", "escalation", { label }),
      event("4s", "resolved", { label }),
      act("5s", "feedback", "r1", { label }),
      prompt("20s", "no reset my password", { label }),
      response("21s", "r2", { label }),
      sessionEnd("30s", { label }),
    );
    driver.log(prompt("0s", "hello", { session_id: "s2", label }), response("1s", "r3", { session_id: "s2", label }));
    driver.finish();
    expect(driver.signals.length).toBeGreaterThan(8);
    expect(JSON.stringify(driver.signals)).not.toContain(secret);
  });

  it("does not make an answer of a feedback", () => {
    const driver = createDriver();
    driver.log(response("0s", "r1"), thumbs("1s", "r1", -1, { label: "thumb" }), sessionEnd("2s"));
    driver.finish();
    expect(driver.rate("explicit:negative")).toBe("0/0");
  });

  it("leaves a signal small however many different ones there are", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), response("1s", "r1"));
    for (let index = 0; index < 2_000; index += 1) {
      const label = `${index} `.padEnd(256, "x");
      driver.log(act("2s", "copy", "r1", { event_id: `c${1e4 + index}`, label }));
    }
    const [signal] = driver.of("implicit:copy");
    expect(JSON.parse(signal?.event_value ?? "")).toMatchObject({ acts: 2_000, kinds: "" });
    expect(JSON.stringify(signal).length).toBeLessThan(2_000);
  });
});
