// Tails of counts against published values, closed forms and plain sums.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  betaBinomialLower,
  betaBinomialUpper,
  binomialLower,
  binomialUpper,
  comparisonP,
  logGamma,
  negBinomialUpper,
  normalBelow,
  normalQuantile,
  poissonInterval,
  poissonLower,
  poissonUpper,
  wilson,
} from "./probability.ts";

const chance = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const shape = fc.double({ min: 0.1, max: 400, noNaN: true });

/** Relative distance, for values far from 1. */
const apart = (value: number, expected: number): number => Math.abs(value / expected - 1);

/** Every probability of a binomial, by multiplying up from a start that cannot underflow at these sizes. */
const binomialMasses = (n: number, p: number): readonly number[] => {
  const masses = [(1 - p) ** n];
  for (let i = 0; i < n; i += 1) masses.push((masses[i] ?? 0) * ((n - i) / (i + 1)) * (p / (1 - p)));
  return masses;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("ln Γ", () => {
  it("is ln of the factorial, and of √π at one half", () => {
    let factorial = 0;
    for (let n = 1; n < 60; n += 1) {
      expect(logGamma(n)).toBeCloseTo(factorial, 11);
      factorial += Math.log(n);
    }
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
  });
});

describe("the binomial tail", () => {
  it.each([
    [36, 200, 0.05, 2.711671187470038e-11],
    [2, 11, 0.05, 0.10189459114243156],
    [1, 2, 0.05, 0.0975],
    [14, 80, 0.05, 0.00004030965528595744],
  ])("of %i in %i at %d is what scipy's binomtest gives", (k, n, p, expected) => {
    expect(apart(binomialUpper(k, n, p), expected)).toBeLessThan(1e-11);
  });

  it("is the sum of its masses", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(100), chance, (n, at, p) => {
        const k = Math.min(at, n);
        const masses = binomialMasses(n, p);
        expect(binomialUpper(k, n, p)).toBeCloseTo(sum(masses.slice(k)), 12);
        expect(binomialLower(k, n, p)).toBeCloseTo(sum(masses.slice(0, k + 1)), 12);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("keeps its digits far out and for millions of trials", () => {
    expect(apart(binomialUpper(50, 50, 1e-4), 1e-200)).toBeLessThan(1e-11);
    expect(apart(binomialUpper(1, 10_000_000, 1e-12), -Math.expm1(1e7 * Math.log1p(-1e-12)))).toBeLessThan(1e-11);
    // Odd and symmetric: one half exactly.
    expect(binomialUpper(5_000_001, 10_000_001, 0.5)).toBeCloseTo(0.5, 12);
  });

  it("is 1 from nothing on, and 0 beyond all", () => {
    expect([binomialUpper(0, 5, 0.3), binomialUpper(6, 5, 0.3), binomialLower(5, 5, 0.3)]).toEqual([1, 0, 1]);
  });
});

describe("the beta-binomial tail", () => {
  it("is what exact fractions give", () => {
    expect(apart(betaBinomialUpper(14, 80, 5, 95), 0.0029867673576986615)).toBeLessThan(1e-13);
    expect(apart(betaBinomialUpper(9, 60, 12.5, 288.5), 0.0025812078290765868)).toBeLessThan(1e-13);
  });

  it("and the other tail, each summed on its own side of the mean, make 1 at any shape and size", () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 15_000, max: 10_000_000 }));
    fc.assert(
      fc.property(size, shape, shape, (n, a, b) => {
        const k = Math.floor((n * a) / (a + b)) + 1;
        expect(betaBinomialUpper(k, n, a, b) + betaBinomialLower(k - 1, n, a, b)).toBeCloseTo(1, 9);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it("falls as k rises, within 0 and 1", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), shape, shape, (n, a, b) => {
        let before = 1;
        for (let k = 0; k <= n + 1; k += 1) {
          const tail = betaBinomialUpper(k, n, a, b);
          expect(tail).toBeLessThanOrEqual(before + 1e-13);
          expect(tail).toBeGreaterThanOrEqual(0);
          before = tail;
        }
        expect(before).toBe(0);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it.each([80, 5_000, 100_000, 10_000_000])("has its closed form for flat and for sloping chances, at n = %i", (n) => {
    for (const part of [0.001, 0.3, 0.7, 0.999]) {
      const k = Math.max(1, Math.round(part * n));
      expect(apart(betaBinomialUpper(k, n, 1, 1), (n - k + 1) / (n + 1))).toBeLessThan(1e-11);
      const below = (k / (n + 1)) * ((k + 1) / (n + 2));
      expect(apart(betaBinomialUpper(k, n, 2, 1), 1 - below)).toBeLessThan(1e-11);
      expect(apart(betaBinomialLower(k - 1, n, 2, 1), below)).toBeLessThan(1e-11);
    }
  });

  it("becomes the binomial one where the chance is known well", () => {
    expect(apart(betaBinomialUpper(14, 80, 5e9, 95e9), binomialUpper(14, 80, 0.05))).toBeLessThan(1e-6);
  });
});

describe("a count against a reference that is itself a count", () => {
  it("is far less surprising than against a known rate", () => {
    expect(binomialUpper(9, 60, 0.04)).toBeCloseTo(6.0924e-4, 8);
    const p = comparisonP({ now: { x: 9, n: 60 }, base: { x: 12, n: 300 }, phi: 1, direction: "rise" });
    expect(p).toBeCloseTo(2.5812e-3, 7);
    // Two of ten at five percent are never news.
    expect(binomialUpper(2, 10, 0.05)).toBeCloseTo(0.0861, 4);
  });

  it("rounds what over-dispersion leaves of it", () => {
    const base = { x: 1_400, n: 28_000 };
    const p = (x: number): number => comparisonP({ now: { x, n: 1_000 }, base, phi: 1.6, direction: "rise" });
    expect([p(80).toFixed(4), p(66).toFixed(4)]).toEqual(["0.0011", "0.0525"]);
  });

  it("mirrors for falls: few that fired are many that did not", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(300), (x, k) => {
        const fall = comparisonP({ now: { x, n: 60 }, base: { x: k, n: 300 }, phi: 1, direction: "fall" });
        const rise = comparisonP({
          now: { x: 60 - x, n: 60 },
          base: { x: 300 - k, n: 300 },
          phi: 1,
          direction: "rise",
        });
        expect(fall).toBeCloseTo(rise, 13);
      }),
      { seed: 4 },
    );
  });
});

describe("the Poisson tail", () => {
  it("is the sum of its masses, and 1 together with the other tail", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.double({ min: 0.01, max: 120, noNaN: true }), (k, mean) => {
        let mass = Math.exp(-mean);
        let below = 0;
        for (let i = 0; i < k; i += 1) {
          below += mass;
          mass *= mean / (i + 1);
        }
        expect(poissonLower(k - 1, mean)).toBeCloseTo(below, 12);
        expect(poissonUpper(k, mean)).toBeCloseTo(1 - below, 12);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it("keeps its digits far out", () => {
    expect(apart(poissonLower(0, 700), Math.exp(-700))).toBeLessThan(1e-12);
    expect(apart(poissonUpper(3, 1e-60), 1e-180 / 6)).toBeLessThan(1e-12);
  });

  it("has the exact interval that R's epitools gives", () => {
    const { low, high } = poissonInterval(10, 100);
    expect(low).toBeCloseTo(0.04795389, 8);
    expect(high).toBeCloseTo(0.1839036, 7);
    // Nothing seen: the rule of three, sharpened for two sides.
    expect(poissonInterval(0)).toEqual({ low: 0, high: expect.closeTo(-Math.log(0.025), 12) });
  });
});

describe("the negative binomial tail", () => {
  it("is what scipy gives", () => {
    expect(negBinomialUpper(9, { mean: 3.2, size: 4 })).toBeCloseTo(0.032601214344376545, 13);
  });

  it("is geometric at size 1", () => {
    for (const k of [0, 1, 5, 40]) {
      expect(apart(negBinomialUpper(k, { mean: 3, size: 1 }), 0.75 ** k)).toBeLessThan(1e-12);
    }
  });
});

describe("the normal distribution", () => {
  it("has its known quantiles, and each finds back", () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(1e-12)).toBeCloseTo(-7.034483825301131, 11);
    for (const p of [1e-300, 1e-20, 0.01, 0.3, 0.5, 0.8, 0.999]) {
      expect(apart(normalBelow(normalQuantile(p)), p)).toBeLessThan(1e-11);
    }
  });
});

describe("Wilson's interval", () => {
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %i in %i is Newcombe's (1998, table I)", (x, n, low, high) => {
    const interval = wilson(x, n);
    expect([interval.low, interval.high]).toEqual([expect.closeTo(low, 4), expect.closeTo(high, 4)]);
  });

  it("widens with over-dispersion", () => {
    const { low, high } = wilson(41 / 1.4, 200 / 1.4);
    expect([low.toFixed(4), high.toFixed(4), (low / 0.045).toFixed(2), (high / 0.045).toFixed(2)]).toEqual([
      "0.1469",
      "0.2785",
      "3.27",
      "6.19",
    ]);
  });

  it("says that anything is possible without trials", () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });
});
