// Trials of user turns, as timelines: whose slice they count in, and whom they harm.
import { describe, expect, it } from "vitest";
import { createDriver, prompt, response } from "#test/helpers/timeline.ts";

const types = ["implicit:repeat-ask", "implicit:follow-up-clarification"];

const slices = (driver: ReturnType<typeof createDriver>, type: string) =>
  driver.tallies
    .filter(({ signal_type }) => signal_type === type)
    .map(({ feature, prompt_version, trials, fired }) => ({ feature, prompt_version, trials, fired }));

/** The sketch of users harmed when `second` repeats what `u1` asked. */
const harmed = (second: string) => {
  const driver = createDriver();
  driver.log(prompt("0s", "a password", { user_id_hash: "u1" }), response("1s", "r1", { user_id_hash: "u1" }));
  driver.log(prompt("20s", "a password", { user_id_hash: second }));
  driver.finish();
  return driver.tallies.find(({ signal_type, fired }) => signal_type === "implicit:repeat-ask" && fired > 0)?.users;
};

describe("a user turn", () => {
  it.each(types)("%s counts in the slice of the response just before, not of its own feature", (type) => {
    const driver = createDriver();
    driver.log(
      prompt("0s", "no password", { feature: "help" }),
      response("1s", "r1", { feature: "help", prompt_version: "p1" }),
      prompt("10s", "a room", { feature: "booking" }),
      response("11s", "r2", { feature: "booking", prompt_version: "p2" }),
      prompt("20s", "no password", { feature: "account" }),
    );
    driver.finish();
    expect(slices(driver, type)).toEqual([
      { feature: "help", prompt_version: "p1", trials: 1, fired: 0 },
      { feature: "booking", prompt_version: "p2", trials: 1, fired: 1 },
    ]);
    expect(driver.of(type)).toMatchObject([{ feature: "account" }]);
  });

  it.each(types)("%s before any response counts in its own feature and an unknown version", (type) => {
    const driver = createDriver();
    driver.log(prompt("0s", "a room", { feature: "help" }), prompt("10s", "a password", { feature: "booking" }));
    driver.finish();
    expect(slices(driver, type)).toEqual([{ feature: "booking", prompt_version: "unknown", trials: 1, fired: 0 }]);
  });

  it("harms the user who took it, not the one who was answered before", () =>
    expect(harmed("u2")).not.toEqual(harmed("u1")));
});
