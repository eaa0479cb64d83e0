// Sessions as timelines: events that land among earlier ones, however far their influence reaches; visits that are full.
import { describe, expect, it } from "vitest";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { act, createDriver, prompt, response, sessionEnd, start } from "#test/helpers/timeline.ts";

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

/** A visit of 512 turns, the last one at 511 s. */
const fullVisit = () => {
  const driver = createDriver();
  for (let second = 0; second < 512; second += 2) {
    driver.log(prompt(`${second}s`, `thought ${second}`), response(`${second + 1}s`, `r${second}`, { text: null }));
  }
  return driver;
};

describe("a full visit", () => {
  it("takes no more turns, but still what is done with its responses, and its end", () => {
    const driver = fullVisit();
    expect(driver.log(prompt("512s", "one more"), response("513s", "last"))).toEqual([
      { kind: "late", reason: "visit_full" },
      { kind: "late", reason: "visit_full" },
    ]);
    expect(driver.log(act("514s", "copy", "r510"), sessionEnd("515s"))).toEqual([
      { kind: "applied" },
      { kind: "applied" },
    ]);
    driver.finish();
    expect(driver.rate("implicit:silent-end")).toBe("0/1");
    expect(driver.of("implicit:engagement-length")[0]?.event_value).toContain('"end_state":"used"');
  });

  it("ends like any other: by silence after what it took, only the grid leaves a visit without end state", () => {
    const driver = fullVisit();
    driver.log(prompt("512s", "one more"));
    const [verdict] = driver.log(prompt("2400s", "back again"));
    expect(verdict).toEqual({ kind: "applied" });
    driver.finish();
    expect(driver.of("implicit:silent-end")).toMatchObject([
      { ts: start + (511 + 1_800) * 1_000, response_id: "r510" },
    ]);
    expect(driver.rate("implicit:silent-end")).toBe("1/1");
  });
});
