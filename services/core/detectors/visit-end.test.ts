// How visits end, as timelines.
import { describe, expect, it } from "vitest";
import { createDriver, prompt, response, sessionEnd, thumbs } from "#test/helpers/timeline.ts";

describe("what else an end may mean", () => {
  it("a silent end: the user left content", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hello"), response("1s", "r1"), prompt("9s", "other words"), response("10s", "r2"));
    driver.log(sessionEnd("60s"));
    expect(driver.of("implicit:silent-end")).toMatchObject([{ ambiguity: "satisfied_leave" }]);
  });

  it("a silent end after one turn: that it was only one, too", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hello"), response("1s", "r1"), sessionEnd("60s"));
    expect(driver.of("implicit:silent-end")).toMatchObject([{ ambiguity: "satisfied_leave,single_turn" }]);
  });

  it("an abandonment: nothing, as friction came before", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hello"), response("1s", "r1"), prompt("9s", "other words"), response("10s", "r2"));
    driver.log(thumbs("11s", "r2", -1), sessionEnd("60s"));
    expect(driver.of("implicit:abandonment")).toMatchObject([{ ambiguity: null }]);
  });

  it("an abandonment after one turn: that it was only one", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hello"), response("1s", "r1", { label: "error" }), sessionEnd("60s"));
    expect(driver.of("implicit:abandonment")).toMatchObject([{ ambiguity: "single_turn" }]);
  });
});
