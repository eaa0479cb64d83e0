// Where a recovery begins, and when it must not begin at all.
import { describe, expect, it } from "vitest";
import { type PlanOptions, planRecovery } from "./recovery.ts";

const plan = (over: Partial<PlanOptions["committed"]>, horizonStart?: number, acceptTruncated = false) =>
  planRecovery({
    topic: "t",
    partition: 3,
    committed: { offset: 100, metadata: "", logStart: 0, end: 200, ...over },
    horizonStart,
    acceptTruncated,
  });

describe("a recovery", () => {
  it("of a group that never committed begins live at the log's start", () => {
    expect(plan({ offset: null, logStart: 7 })).toEqual({ from: 7, to: 7 });
  });

  it("folds from the horizon up to the committed offset", () => {
    expect(plan({}, 40)).toEqual({ from: 40, to: 100 });
  });

  it("never folds beyond the committed offset", () => {
    expect(plan({}, 150)).toEqual({ from: 100, to: 100 });
  });

  it("folds the whole log when no watermark was committed", () => {
    expect(plan({ logStart: 20 })).toEqual({ from: 20, to: 100 });
  });

  it("takes the start of a log that was never cut for complete", () => {
    expect(plan({}, 0)).toEqual({ from: 0, to: 100 });
  });

  it("refuses when retention took what the state is made of", () => {
    expect(() => plan({ logStart: 20 }, 20)).toThrow("retention took records before 20");
  });

  it("refuses when retention took what was never read", () => {
    expect(() => plan({ logStart: 120 }, 120)).toThrow("from 100 to 120 before they were read");
  });

  it("refuses an offset beyond the log's end: the topic was made anew", () => {
    expect(() => plan({ offset: 300 })).toThrow("its log ends at 200");
  });

  it("goes on without what is gone when told to", () => {
    expect(plan({ logStart: 20 }, 20, true)).toEqual({ from: 20, to: 100 });
    expect(plan({ logStart: 120 }, 120, true)).toEqual({ from: 120, to: 120 });
  });
});
