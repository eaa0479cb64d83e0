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

  it("that names none is about no later response", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "a human please"), response("6s", "r1"));
    expect(driver.of("implicit:escalation")).toMatchObject([{ provenance_status: "unresolved", response_id: null }]);
  });
});
