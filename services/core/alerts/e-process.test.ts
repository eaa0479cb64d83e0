// Evidence against a baseline: worked figures, and that nothing is claimed while the null holds.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overDispersion } from "./baseline.ts";
import { type Direction, evidenceWidth, meanEvidence, stepFall, stepRise } from "./e-process.ts";

const fresh = (): Float64Array => new Float64Array(evidenceWidth);

/** ln E after each bin of a story that starts from nothing. */
const story = (
  bins: readonly (readonly [n: number, x: number])[],
  baseline: number,
  correlation = 0,
): readonly number[] => {
  const state = fresh();
  return bins.map(([n, x]) => Math.log(stepRise(state, 0, x, n, baseline, 1.25, overDispersion(n, correlation))));
};

/** Mean of the first step's E when the true rate is `rate`, by summing over every count. */
const meanOfStep = (
  rate: number,
  {
    n,
    baseline,
    ratio,
    phi,
    direction,
  }: { n: number; baseline: number; ratio: number; phi: number; direction: Direction },
): number => {
  const step = direction === "rise" ? stepRise : stepFall;
  let mass = (1 - rate) ** n;
  let mean = 0;
  for (let x = 0; x <= n; x += 1) {
    mean += mass * step(fresh(), 0, x, n, baseline, ratio, phi);
    mass *= ((n - x) / (x + 1)) * (rate / (1 - rate));
  }
  return mean;
};

describe("evidence for a rise", () => {
  it("grows as in the worked table: four bins around a baseline of 4 %, the last two with a rise", () => {
    const values = story(
      [
        [50, 3],
        [52, 4],
        [48, 9],
        [55, 12],
      ],
      0.04,
      0.005,
    );
    expect(values.map((value) => value.toFixed(4))).toEqual(["-0.4836", "0.4621", "4.2779", "10.8807"]);
  });

  it("is kept per alternative", () => {
    const state = fresh();
    stepRise(state, 0, 12, 55, 0.04, 1.25, 1.27);
    expect([...state].map((value) => Math.log(value).toFixed(4))).toEqual(["1.3644", "3.3545", "5.6806", "7.2803"]);
  });

  it("passes its marks on a ramp from 5 to 18 %", () => {
    const fired = "3 2 3 2 3 2 3 3 3 3 4 4 4 5 4 6 5 6 5 7 6 7 7 7 7 8".split(" ").map(Number);
    const values = story(
      fired.map((x) => [50, x]),
      0.05,
    );
    const after = (minutes: number): number => values[minutes / 5 - 1] ?? 0;
    expect([60, 90, 105, 115, 130].map((minutes) => after(minutes).toFixed(3))).toEqual([
      "1.195",
      "4.139",
      "6.909",
      "9.995",
      "15.623",
    ]);
  });
});

describe("evidence for a fall", () => {
  it("has its worked values per alternative", () => {
    const state = fresh();
    stepFall(state, 0, 12, 60, 0.4, 1.25, 1);
    expect([...state].map((value) => Math.log(value).toFixed(4))).toEqual(["1.4365", "2.1609", "1.1373", "-2.1261"]);
  });

  it("of the complement stands for a rise above one half", () => {
    const [rise, fall] = [fresh(), fresh()];
    expect(stepRise(rise, 0, 45, 50, 0.7, 1.25, 1.1)).toBe(stepFall(fall, 0, 5, 50, 1 - 0.7, 1.25, 1.1));
  });
});

describe("while the rate is no worse than the null", () => {
  const world = {
    n: fc.integer({ min: 1, max: 60 }),
    baseline: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
    ratio: fc.double({ min: 1, max: 2.5, noNaN: true }),
    phi: fc.double({ min: 1, max: 4, noNaN: true }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  };

  it("a step has mean 1 at most, rising", () => {
    fc.assert(
      fc.property(fc.record(world), ({ part, ...bin }) => {
        const rate = part * Math.min(0.9, bin.ratio * bin.baseline);
        expect(meanOfStep(rate, { ...bin, direction: "rise" })).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("a step has mean 1 at most, falling, whatever the baseline", () => {
    fc.assert(
      fc.property(fc.record(world), fc.boolean(), ({ part, ...bin }, isHigh) => {
        const baseline = isHigh ? 1 - bin.baseline : bin.baseline;
        const null0 = baseline / bin.ratio;
        const rate = Math.min(0.999, null0 + part * (1 - null0));
        expect(meanOfStep(rate, { ...bin, baseline, direction: "fall" })).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it("and exactly 1 at the null itself, so nothing is given away", () => {
    const bin = { n: 20, baseline: 0.1, ratio: 1.25, phi: 1 };
    expect(meanOfStep(0.125, { ...bin, direction: "rise" })).toBeCloseTo(1, 12);
    expect(meanOfStep(0.08, { ...bin, direction: "fall" })).toBeCloseTo(1, 12);
  });
});

describe("a step", () => {
  it("weighs more the more harm there is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 80 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (n, baseline) => {
          const rises = Array.from({ length: n + 1 }, (_, x) => stepRise(fresh(), 0, x, n, baseline, 1.25, 1.3));
          const falls = Array.from({ length: n + 1 }, (_, x) => stepFall(fresh(), 0, x, n, baseline, 1.25, 1.3));
          expect(rises).toEqual(rises.toSorted((a, b) => a - b));
          expect(falls).toEqual(falls.toSorted((a, b) => b - a));
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });

  it("of no trials is none", () => {
    const state = Float64Array.of(1, 2, 3, 6);
    expect(stepRise(state, 0, 0, 0, 0.05, 1.25, 1)).toBe(3);
    expect([...state]).toEqual([1, 2, 3, 6]);
  });

  it("stays a number whatever comes, 1e22 at most", () => {
    const state = fresh();
    for (const baseline of [0, 1e-9, 0.3, 0.75, 1]) {
      for (const [x, n] of [
        [0, 1],
        [1, 1],
        [0, 10_000_000],
        [10_000_000, 10_000_000],
      ] as const) {
        for (const step of [stepRise, stepFall]) {
          const value = step(state, 0, x, n, baseline, 1, 1);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1e22);
        }
      }
    }
  });

  it("touches its own slice only", () => {
    const state = Float64Array.from({ length: 12 }, (_, index) => index);
    const value = stepRise(state, 4, 9, 50, 0.05, 1.25, 1);
    expect(value).toBe(meanEvidence(state, 4));
    expect([...state.subarray(0, 4), ...state.subarray(8)]).toEqual([0, 1, 2, 3, 8, 9, 10, 11]);
  });
});
