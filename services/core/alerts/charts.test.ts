// Control charts: steps, and run lengths against the published tables and a simulation.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "#infra/dev/random.ts";
import { overDispersion } from "./baseline.ts";
import {
  bernoulliCusumRunLength,
  cusumRunLength,
  cusumRunLengthTwoSided,
  cusumStep,
  earsC1,
  ewmaLimit,
  ewmaRunLength,
  ewmaStep,
  trialSteps,
} from "./charts.ts";

describe("a CUSUM", () => {
  it("of bins has its worked values", () => {
    const steps = trialSteps(0.04, 0.08);
    let sum = 0;
    const sums = (
      [
        [50, 3],
        [52, 4],
        [48, 9],
        [55, 12],
      ] as const
    ).map(([n, x]) => {
      sum = cusumStep(sum, x, n, steps, overDispersion(n, 0.005));
      return sum.toFixed(4);
    });
    expect(sums).toEqual(["0.0636", "0.6450", "4.3523", "9.4607"]);
  });

  it("of single trials rises and falls by its two steps", () => {
    const { up, down } = trialSteps(0.04, 0.08);
    expect([up.toFixed(6), down.toFixed(6)]).toEqual(["0.693147", "-0.042560"]);
    expect([cusumStep(1, 1, 1, { up, down }, 1), cusumStep(1, 0, 1, { up, down }, 1)]).toEqual([1 + up, 1 + down]);
    expect(cusumStep(0.01, 0, 1, { up, down }, 1)).toBe(0);
  });
});

describe("the run length of a CUSUM", () => {
  it("is that of Lucas & Crosier (1982, table 1), two-sided, from 0 and with a head start", () => {
    const means = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5];
    const of = (headstart: number) =>
      means.map((mean) => cusumRunLengthTwoSided({ k: 0.5, h: 4, mean, headstart }).toFixed(2));
    expect(of(0)).toEqual("167.68 74.22 26.63 13.29 8.38 4.75 3.34 2.62 2.19 1.71 1.31".split(" "));
    expect(of(2)).toEqual("148.70 62.70 20.06 8.97 5.29 2.86 2.01 1.59 1.33 1.07 1.01".split(" "));
  });

  it("is that of Montgomery's table at h = 5", () => {
    const means = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4];
    const of = means.map((mean) => cusumRunLengthTwoSided({ k: 0.5, h: 5, mean }));
    const table = [465.44, 139.49, 38, 17.05, 10.38, 5.75, 4.01, 3.11, 2.57, 2.01];
    for (const [index, expected] of table.entries()) expect(Math.abs((of[index] ?? 0) - expected)).toBeLessThan(0.01);
    expect(cusumRunLength({ k: 0.5, h: 5, mean: 0 })).toBeCloseTo(930.89, 2);
    expect(cusumRunLengthTwoSided({ k: 0.5, h: 5, mean: 0, headstart: 2.5 })).toBeCloseTo(430.39, 2);
    expect(cusumRunLengthTwoSided({ k: 0.5, h: 5, mean: 1, headstart: 2.5 })).toBeCloseTo(6.347, 3);
  });

  it("is that of Brook & Evans (1972), one-sided", () => {
    expect(cusumRunLength({ k: 0.5, h: 3, mean: 0 })).toBeCloseTo(117.5957, 3);
    expect(cusumRunLength({ k: 0.5, h: 3, mean: 1.5 })).toBeCloseTo(3.7491, 4);
  });

  it("grows with h and k, shrinks with the shift and the head start", () => {
    const part = fc.double({ min: 0.1, max: 1, noNaN: true });
    fc.assert(
      fc.property(part, fc.double({ min: 0.5, max: 6, noNaN: true }), part, (k, h, mean) => {
        const own = cusumRunLength({ k, h, mean });
        expect(own).toBeGreaterThanOrEqual(1);
        expect(cusumRunLength({ k, h: h + 0.5, mean })).toBeGreaterThan(own);
        expect(cusumRunLength({ k: k + 0.1, h, mean })).toBeGreaterThan(own);
        expect(cusumRunLength({ k, h, mean: mean + 0.1 })).toBeLessThan(own);
        expect(cusumRunLength({ k, h, mean, headstart: h / 2 })).toBeLessThan(own);
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});

describe("an EWMA", () => {
  it("moves by its share of the distance, and has limits in the long run", () => {
    expect(ewmaStep(2, 6, 0.25)).toBe(3);
    expect(ewmaLimit(0.5, 3)).toBeCloseTo(3 / Math.sqrt(3), 14);
    // Without memory it is the value itself, with Shewhart's limits.
    expect(ewmaLimit(1, 3)).toBe(3);
  });
});

describe("the run length of an EWMA", () => {
  it.each([
    [0.5, 3.071, "500 255 88.8 35.9 17.5 6.53 3.63 2.5 1.93 1.58 1.34 1.07"],
    [0.03, 2.437, "500 76.7 29.3 17.6 12.6 8.07 5.99 4.8 4.03 3.49 3.11 2.55"],
  ])("with λ %d and L %d is that of Lucas & Saccucci (1990, table 3)", (lambda, limit, table) => {
    const means = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5];
    for (const [index, expected] of table.split(" ").entries()) {
      const own = ewmaRunLength({ lambda, limit, mean: means[index] ?? 0 });
      expect(own / Number(expected)).toBeCloseTo(1, 2);
    }
  });

  it.each([
    [0.5, [26.45, 20.12, 11.89, 7.29, 4.91]],
    [0.05, [127.53, 43.94, 18.97, 11.64, 8.38]],
  ])("with λ %d and L 2 is that of Crowder (1987, table 1)", (lambda, table) => {
    const own = [0, 0.25, 0.5, 0.75, 1].map((mean) => Number(ewmaRunLength({ lambda, limit: 2, mean }).toFixed(2)));
    expect(own).toEqual(table);
  });

  it.each([
    [0.4, 3.054, [499.95, 223.73, 71.2, 28.42, 14.26, 5.87, 3.52, 2.54, 2.02, 1.44]],
    [0.25, 2.998, [499.84, 170.3, 48.29, 20.11, 11.14, 5.46, 3.61, 2.74, 2.26, 1.73]],
    [0.2, 2.962, [499.74, 150.22, 41.76, 18.15, 10.54, 5.5, 3.74, 2.88, 2.38, 1.86]],
    [0.1, 2.814, [499.58, 106.32, 31.3, 15.85, 10.33, 6.08, 4.36, 3.44, 2.87, 2.19]],
    [0.05, 2.615, [499.93, 84.01, 28.76, 16.37, 11.38, 7.11, 5.22, 4.17, 3.5, 2.69]],
  ])("with λ %d and L %d is that of R's spc", (lambda, limit, table) => {
    const means = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4];
    expect(means.map((mean) => Number(ewmaRunLength({ lambda, limit, mean }).toFixed(2)))).toEqual(table);
  });

  it("without memory is that of a Shewhart chart", () => {
    expect(ewmaRunLength({ lambda: 1, limit: 3, mean: 0 })).toBeCloseTo(1 / 0.002699796063260207, 6);
  });
});

describe("the run length of a Bernoulli CUSUM", () => {
  const steps = trialSteps(0.05, 0.1);

  it.each([
    [3, [1_290, 112.4, 37.3]],
    [4, [3_911, 158.7, 49.7]],
    [5, [11_050, 207, 62.3]],
  ])("at h = %i is within 2 %% of a long simulation", (h, table) => {
    for (const [index, rate] of [0.05, 0.1, 0.18].entries()) {
      const own = bernoulliCusumRunLength({ steps, h, rate });
      expect(Math.abs(own / (table[index] ?? 0) - 1)).toBeLessThan(0.02);
    }
  });

  it("agrees with one simulated here", () => {
    const random = createRandom(7);
    const runs = 20_000;
    let trials = 0;
    for (let run = 0; run < runs; run += 1) {
      for (let sum = 0; sum < 4; trials += 1) sum = cusumStep(sum, random.chance(0.18) ? 1 : 0, 1, steps, 1);
    }
    // Its standard deviation is about half its mean: four of its standard errors are 1.5 %.
    expect(bernoulliCusumRunLength({ steps, h: 4, rate: 0.18 }) / (trials / runs)).toBeCloseTo(1, 1.5);
  });

  it("is for ever when nothing fires, and known when everything does", () => {
    expect(bernoulliCusumRunLength({ steps, h: 4, rate: 0 })).toBe(Number.POSITIVE_INFINITY);
    expect(bernoulliCusumRunLength({ steps, h: 4, rate: 1 })).toBe(6);
  });
});

describe("EARS C1", () => {
  it("compares today with the week before", () => {
    const { mean, sd, z, limit } = earsC1([4, 5, 3, 6, 5, 4, 6], 12);
    expect([mean, sd, z, limit]).toEqual([
      expect.closeTo(4.714285714, 9),
      expect.closeTo(1.112697281, 9),
      expect.closeTo(6.547795535, 9),
      expect.closeTo(8.052377556, 9),
    ]);
  });
});
