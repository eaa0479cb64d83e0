// Events that land among earlier ones, as timelines: the same signals as in order, however far their influence reaches.
import { describe, expect, it } from "vitest";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { createDriver, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";

const contents = (records: readonly InteractionRecord[]) => {
  const driver = createDriver();
  driver.log(...records);
  driver.finish();
  return driver.final.map(({ event_id: id, category, response_id: about, event_value: value }) => [
    id,
    category,
    about,
    value,
  ]);
};

/** 22 prompts that nobody answers: more than any analysis of asks looks back at. */
const monologue = Array.from({ length: 22 }, (_, index) => prompt(`${10 + index}s`, `thought ${index}`));

/** What is said when `moved` is appended last but one, and when everything comes in order. */
const lateAndInOrder = (moved: InteractionRecord, ...others: readonly InteractionRecord[]) => {
  const inOrder = [moved, ...others].toSorted((a, b) => a.ts - b.ts);
  return {
    late: contents([...others, moved, sessionEnd("5m")]),
    inOrder: contents([...inOrder, sessionEnd("5m")]),
  };
};

describe("a late response", () => {
  const first = prompt("0s", "reset my password");

  it("takes its id back from a later one, however many prompts lie between", () => {
    const again = response("40s", "r1", { text: "which one?" });
    const { late, inOrder } = lateAndInOrder(response("1s", "r1"), first, ...monologue, again, prompt("41s", "no"));
    expect(late).toEqual(inOrder);
  });

  it("is what a prompt reacts to, however many others lie between", () => {
    const asking = response("1s", "r1", { text: "which one?" });
    const { late, inOrder } = lateAndInOrder(asking, first, ...monologue, prompt("41s", "no"));
    expect(late).toEqual(inOrder);
  });

  it("is what the next response may repeat, however many prompts lie between", () => {
    const [one, two] = [
      response("1s", "r1", { text: "the very same" }),
      response("40s", "r2", { text: "the very same" }),
    ];
    const { late, inOrder } = lateAndInOrder(one, first, ...monologue, two);
    expect(late).toEqual(inOrder);
  });
});
