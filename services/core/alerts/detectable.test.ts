// The smallest ratio that would be seen: published figures, and what makes it larger.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { smallestVisibleRatio, type Visibility } from "./detectable.ts";

const patience = 8_064;
const slice: Visibility = { baseline: 0.04, phi: 1.2, trials: 900, threshold: patience, direction: "rise" };

/** "at T / at 200 T" for a rate and trials per hour, with the scatter of the published table. */
const cell = (baseline: number, perHour: number): string => {
  const phi = 1 + (perHour / 12 - 1) * (perHour === 6_000 ? 0.002 : 0.01);
  const at = (threshold: number): string | undefined =>
    smallestVisibleRatio({ baseline, phi, trials: 2 * perHour, threshold, direction: "rise" })?.toFixed(1);
  return `${at(patience)}/${at(200 * patience)}`;
};

describe("the smallest visible ratio", () => {
  it("is 2.518 in the worked example", () => {
    expect(smallestVisibleRatio(slice)?.toFixed(3)).toBe("2.518");
  });

  it.each([
    [0.01, "8.3/10.5 5.1/5.9 4.0/4.7 3.4/3.9 2.1/2.3"],
    [0.05, "3.6/4.3 2.7/3.0 2.3/2.6 2.1/2.3 1.6/1.7"],
    [0.2, "2.2/2.4 1.9/1.9 1.7/1.8 1.6/1.7 1.4/1.5"],
  ])("at a baseline of %d is that of the table", (baseline, row) => {
    const cells = [100, 300, 600, 1_200, 6_000].map((perHour) => cell(baseline, perHour));
    for (const [index, expected] of row.split(" ").entries()) {
      const [ours, theirs] = [cells[index] ?? "", expected].map((pair) => pair.split("/").map(Number));
      // The table has one digit; two of its cells lie on an edge of rounding.
      expect(ours?.map((value, at) => Math.abs(value - (theirs?.[at] ?? 0)) < 0.101)).toEqual([true, true]);
    }
  });

  it("shrinks with traffic, grows with scatter and with the threshold", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.005, max: 0.3, noNaN: true }),
        fc.integer({ min: 50, max: 20_000 }),
        fc.constantFrom<"rise" | "fall">("rise", "fall"),
        (baseline, trials, direction) => {
          const own = { ...slice, baseline, trials, direction };
          const of = (change: Partial<Visibility>): number =>
            smallestVisibleRatio({ ...own, ...change }) ?? Number.POSITIVE_INFINITY;
          expect(of({ trials: 2 * trials })).toBeLessThanOrEqual(of({}));
          expect(of({ phi: 2 })).toBeGreaterThanOrEqual(of({}));
          expect(of({ threshold: 200 * patience })).toBeGreaterThanOrEqual(of({}));
          expect(of({})).toBeGreaterThan(1.25);
        },
      ),
      { seed: 1 },
    );
  });

  it("does not exist where even the worst rate would not be seen", () => {
    expect(smallestVisibleRatio({ ...slice, trials: 2 })).toBeUndefined();
    expect(smallestVisibleRatio({ ...slice, direction: "fall", baseline: 0.001 })).toBeUndefined();
  });

  it("of a high rate is that of the complement's fall", () => {
    const high = smallestVisibleRatio({ ...slice, baseline: 0.7 }) ?? 0;
    const fall = smallestVisibleRatio({ ...slice, baseline: 0.3, direction: "fall" }) ?? 0;
    expect(1 - high * 0.7).toBeCloseTo(0.3 / fall, 3);
  });

  it("stays above the ratio that a rule does not mind", () => {
    expect(smallestVisibleRatio({ ...slice, trials: 1e6, smallestRatio: 2 })).toBeGreaterThan(2);
  });
});
