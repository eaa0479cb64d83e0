// What is normal: worked figures, and how it learns and forgets.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  baselineCorrelation,
  baselineRate,
  baselineTrials,
  baselineWidth,
  foldBin,
  foldSeason,
  hourOfWeek,
  overDispersion,
  seasonFactor,
  seasonWidth,
} from "./baseline.ts";

describe("a baseline", () => {
  it("has its worked values before and after a lagged bin", () => {
    const state = Float64Array.of(18, 430, 60, 5_200);
    const rate = baselineRate(state, 0, 0.06);
    expect(rate.toFixed(8)).toBe("0.04266667");
    foldBin(state, 0, 5, 40, rate);
    expect([...state].map((value) => value.toFixed(6))).toEqual([
      "22.956730",
      "468.966337",
      "65.494108",
      "5226.499891",
    ]);
    expect(baselineCorrelation(state, 0).toFixed(8)).toBe("0.01253116");
    expect(overDispersion(50, baselineCorrelation(state, 0)).toFixed(6)).toBe("1.614027");
    expect(baselineRate(state, 0, 0.06).toFixed(8)).toBe("0.04940367");
  });

  it("is the parent's until it has trials of its own", () => {
    const state = new Float64Array(baselineWidth);
    expect([baselineRate(state, 0, 0.07), baselineTrials(state, 0)]).toEqual([0.07, 0]);
  });

  it("forgets half in a day of quiet bins", () => {
    const state = Float64Array.of(20, 400, 0, 0);
    for (let bin = 0; bin < 288; bin += 1) foldBin(state, 0, 0, 0, 0.05);
    expect([...state.subarray(0, 2)]).toEqual([expect.closeTo(10, 9), expect.closeTo(200, 9)]);
  });

  it("measures no scatter before 200 trials, and caps what one bin may add", () => {
    const [young, old] = [Float64Array.of(10, 200, 0, 0), Float64Array.of(10, 201, 0, 0)];
    foldBin(young, 0, 40, 50, 0.05);
    foldBin(old, 0, 40, 50, 0.05);
    expect([...young.subarray(2)]).toEqual([0, 0]);
    expect([...old.subarray(2)]).toEqual([8, 49]);
  });

  it("sees no scatter in bins that scatter less than chance", () => {
    const state = Float64Array.of(20, 400, 0, 0);
    for (let bin = 0; bin < 100; bin += 1) foldBin(state, 0, 2, 40, 0.05);
    expect(baselineCorrelation(state, 0)).toBe(0);
    expect(overDispersion(500, baselineCorrelation(state, 0))).toBe(1);
  });

  it("touches its own slice only", () => {
    const state = new Float64Array(3 * baselineWidth);
    foldBin(state, baselineWidth, 5, 40, 0.1);
    expect([...state]).toEqual([0, 0, 0, 0, 5, 40, 0, 0, 0, 0, 0, 0]);
  });

  it("stays a rate whatever is folded", () => {
    const bin = fc.nat(500).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));
    fc.assert(
      fc.property(
        fc.array(bin, { maxLength: 50 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (bins, parent) => {
          const state = new Float64Array(baselineWidth);
          for (const [x, n] of bins) foldBin(state, 0, x, n, baselineRate(state, 0, parent));
          const rate = baselineRate(state, 0, parent);
          expect(rate > 0 && rate < 1 && baselineCorrelation(state, 0) >= 0).toBe(true);
        },
      ),
      { seed: 1 },
    );
  });
});

describe("the hour of the week", () => {
  it("counts in UTC, week after week", () => {
    const at = Date.UTC(2026, 2, 1, 10, 35);
    expect(hourOfWeek(at)).toBe(hourOfWeek(at + 7 * 86_400_000));
    expect(hourOfWeek(at + 3_600_000)).toBe(hourOfWeek(at) + 1);
  });

  it("has no factor before anything is known, and learns the one there is", () => {
    const state = new Float64Array(seasonWidth);
    expect(seasonFactor(state, 0, 9)).toBe(1);
    for (let bin = 0; bin < 12 * 8; bin += 1) foldSeason(state, 0, 9, 14, 200, 0.05);
    expect(seasonFactor(state, 0, 9)).toBeGreaterThan(1.35);
    expect(seasonFactor(state, 0, 9)).toBeLessThan(1.4);
    expect(seasonFactor(state, 0, 8)).toBe(1);
  });

  it("is bounded by one half and two", () => {
    const state = new Float64Array(seasonWidth);
    foldSeason(state, 0, 0, 5_000, 5_000, 0.1);
    foldSeason(state, 0, 1, 0, 50_000, 0.1);
    expect([seasonFactor(state, 0, 0), seasonFactor(state, 0, 1)]).toEqual([2, 0.5]);
  });

  it("leaves the base without season: trials of a busy hour of harm count as more", () => {
    const state = new Float64Array(baselineWidth);
    foldBin(state, 0, 20, 200, 0.1, 2);
    expect(baselineRate(state, 0, 0.05)).toBeCloseTo(0.05, 12);
  });
});
