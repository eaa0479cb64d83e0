// When it began: worked figures, and steps that are found where they were planted.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialChangePoint, findOnset } from "./onset.ts";

const bins = (x: readonly number[], n: number, rate: number) => ({
  x,
  n: x.map(() => n),
  expected: x.map(() => n * rate),
});

describe("the onset", () => {
  const fired = [2, 3, 2, 1, 3, 2, 6, 8, 7, 9];

  it("is the seventh bin of the worked example", () => {
    expect(findOnset(bins(fired, 50, 0.04), "rise")).toEqual({
      start: 6,
      score: expect.closeTo(18.9642, 4),
      x: 30,
      n: 200,
      expected: 8,
    });
  });

  it("is chosen over the bin before, whose window says less", () => {
    const oneEarlier = bins([32], 250, 0.04);
    expect(findOnset(oneEarlier, "rise")?.score).toBeCloseTo(16.2615, 4);
  });

  it("of a fall is that of the complement's rise", () => {
    const fall = findOnset(
      bins(
        fired.map((x) => 50 - x),
        50,
        0.96,
      ),
      "fall",
    );
    expect(fall).toMatchObject({ start: 6, score: expect.closeTo(18.9642, 4) });
  });

  it("is none where nothing lies on the harmful side", () => {
    expect(findOnset(bins([1, 2, 1], 50, 0.04), "rise")).toBeUndefined();
    expect(findOnset(bins([2, 3, 4], 50, 0.04), "fall")).toBeUndefined();
    expect(findOnset(bins([], 50, 0.04), "rise")).toBeUndefined();
  });

  it("never begins with a bin without trials", () => {
    const quiet = { x: [0, 0, 9], n: [50, 0, 50], expected: [2, 0, 2] };
    expect(findOnset(quiet, "rise")?.start).toBe(2);
  });

  it("is where a clean step was planted, at any place and height", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 71 }), fc.integer({ min: 8, max: 40 }), (start, height) => {
        const x = Array.from({ length: 72 }, (_, index) => (index < start ? 4 : height));
        expect(findOnset(bins(x, 100, 0.04), "rise")?.start).toBe(start);
      }),
      { seed: 1 },
    );
  });
});

/** The change point of pairs of fired and trials. */
const changeIn = (list: readonly (readonly [x: number, n: number])[]) =>
  binomialChangePoint(
    list.map(([x]) => x),
    list.map(([, n]) => n),
  );

describe("the binomial change point", () => {
  it("splits where the likelihood ratio is largest", () => {
    const found = binomialChangePoint([10, 11, 9, 10, 12, 34, 38, 36], [200, 210, 190, 205, 200, 195, 210, 205]);
    expect(found).toEqual({ splitAfter: 5, twiceLogRatio: expect.closeTo(64.5480290354709, 8) });
  });

  it("has no evidence where the rate never moves", () => {
    expect(binomialChangePoint([5, 5, 5], [100, 100, 100]).twiceLogRatio).toBeCloseTo(0, 10);
    expect(binomialChangePoint([0, 0], [10, 10]).twiceLogRatio).toBe(0);
  });

  it("reads the same backwards", () => {
    const bin = fc.integer({ min: 1, max: 200 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));
    fc.assert(
      fc.property(fc.array(bin, { minLength: 2, maxLength: 20 }), (list) => {
        expect(changeIn(list.toReversed()).twiceLogRatio).toBeCloseTo(changeIn(list).twiceLogRatio, 8);
        expect(changeIn(list).twiceLogRatio).toBeGreaterThanOrEqual(-1e-9);
      }),
      { seed: 2 },
    );
  });
});
