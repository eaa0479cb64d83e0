// Escalations as timelines.
import { describe, expect, it } from "vitest";
import { createDriver, event, prompt, response } from "#test/helpers/timeline.ts";

describe("an escalation", () => {
  it("before the record of the response that it names gets its provenance when that comes", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), event("5s", "escalation", { label: "button", response_id: "r1" }));
    expect(driver.of("implicit:escalation")).toMatchObject([{ provenance_status: "unresolved", response_id: "r1" }]);
    driver.log(response("6s", "r1"));
    expect(driver.of("implicit:escalation")).toMatchObject([{ provenance_status: "resolved", prompt_version: "p1" }]);
  });

  it("says by what the user called, whatever words or labels of prompts came before", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "a human please", { label: "edited" }), response("1s", "r1"));
    const by = () => JSON.parse(driver.of("implicit:escalation")[0]?.event_value ?? "") as { by: string | null };
    expect([driver.of("implicit:escalation")[0]?.grade, by().by]).toEqual(["request", null]);
    driver.log(event("5s", "escalation", { label: "button" }), event("6s", "escalation", { label: "ticket" }));
    expect([driver.of("implicit:escalation")[0]?.grade, by().by]).toEqual(["action", "button"]);
  });

  it("is anchored at the visit's first prompt, wherever that lands in the log", () => {
    const driver = createDriver();
    driver.log(prompt("5s", "more words"), event("6s", "escalation", { label: "agent" }));
    expect(driver.of("implicit:escalation")).toMatchObject([{ anchor: "prompt-5s" }]);
    driver.log(prompt("0s", "hi"));
    expect(driver.of("implicit:escalation")).toMatchObject([{ anchor: "prompt-0s" }]);
  });

  it("that names none is about no later response", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "a human please"), response("6s", "r1"));
    expect(driver.of("implicit:escalation")).toMatchObject([{ provenance_status: "unresolved", response_id: null }]);
  });
});
