// Quality or traffic: how a rate's move is split.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mixShift } from "./mix.ts";

const part = fc.record({
  weightBefore: fc.nat(1_000),
  weightNow: fc.nat(1_000),
  rateBefore: fc.double({ min: 0, max: 1, noNaN: true }),
  rateNow: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe("a rate's move", () => {
  it("is split as in the worked example", () => {
    const shift = mixShift([
      { weightBefore: 0.6, weightNow: 0.5, rateBefore: 0.03, rateNow: 0.04 },
      { weightBefore: 0.4, weightNow: 0.5, rateBefore: 0.1, rateNow: 0.12 },
    ]);
    expect(shift.ofRates).toBeCloseTo(0.0145, 12);
    expect(shift.ofShares).toBeCloseTo(0.0075, 12);
    expect(shift.share).toBeCloseTo(0.34, 2);
  });

  it("is all mix when only the shares moved, and none when only the rates did", () => {
    const moved = [
      { weightBefore: 900, weightNow: 500, rateBefore: 0.02, rateNow: 0.02 },
      { weightBefore: 100, weightNow: 500, rateBefore: 0.2, rateNow: 0.2 },
    ];
    expect(mixShift(moved).share).toBe(1);
    expect(mixShift(moved.map((own) => ({ ...own, weightNow: own.weightBefore, rateNow: 0.3 }))).share).toBe(0);
  });

  it("counts a value that is new, or gone, as mix", () => {
    const appeared = mixShift([
      { weightBefore: 100, weightNow: 100, rateBefore: 0.02, rateNow: 0.02 },
      { weightBefore: 0, weightNow: 100, rateBefore: 0, rateNow: 0.4 },
    ]);
    expect(appeared).toMatchObject({ ofRates: 0, share: 1, change: expect.closeTo(0.19, 12) });
  });

  it("is the sum of both parts, at any scale and in any order", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (parts, scale) => {
        const shift = mixShift(parts);
        expect(shift.share).toBeGreaterThanOrEqual(0);
        expect(shift.share).toBeLessThanOrEqual(1);
        const [before, now] = [
          parts.reduce((sum, own) => sum + own.weightBefore, 0),
          parts.reduce((sum, own) => sum + own.weightNow, 0),
        ];
        fc.pre(before > 0 && now > 0);
        const rateOf = (rate: "rateBefore" | "rateNow", weight: "weightBefore" | "weightNow", whole: number): number =>
          parts.reduce((sum, own) => sum + (own[rate] * own[weight]) / whole, 0);
        const change = rateOf("rateNow", "weightNow", now) - rateOf("rateBefore", "weightBefore", before);
        expect(shift.change).toBeCloseTo(change, 10);
        const scaled = parts.toReversed().map((own) => ({ ...own, weightNow: own.weightNow * scale }));
        expect(mixShift(scaled).share).toBeCloseTo(shift.share, 8);
      }),
      { seed: 1 },
    );
  });

  it("is none without trials on one side", () => {
    const parts = [{ weightBefore: 0, weightNow: 10, rateBefore: 0, rateNow: 0.5 }];
    expect(mixShift(parts)).toEqual({ change: 0, ofRates: 0, ofShares: 0, share: 0 });
  });
});
