// What the detector of any metric calls strange, and that it looks only back.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { day, minute } from "#core/time.ts";
import { createMetricDetector } from "./metric.ts";

/** A daily wave with a little ripple that repeats in no short period. */
const wave = (i: number): number => 100 + 30 * Math.sin((2 * Math.PI * i) / 288) + Math.sin(i * i);

const scoresOf = (values: readonly number[]): number[] => {
  const detect = createMetricDetector();
  return values.map((value, i) => detect(i * 5 * minute, value));
};

/** Three days of the wave. */
const quiet = Array.from({ length: (3 * day) / (5 * minute) }, (_, i) => wave(i));

describe("metric detector", () => {
  it("scores a spike above everything that came before it", () => {
    const scores = scoresOf([...quiet, 400]);
    expect(scores.at(-1)).toBeGreaterThan(2 * Math.max(...scores.slice(0, -1)));
  });

  it("scores a value that is usual, but not at this time of day", () => {
    const atNight = quiet.length + 216;
    const before = Array.from({ length: atNight }, (_, i) => wave(i));
    const usual = scoresOf([...before, wave(atNight)]).at(-1) ?? Number.NaN;
    const dayValue = scoresOf([...before, 129]).at(-1) ?? Number.NaN;
    expect(usual).toBe(0);
    expect(dayValue).toBeGreaterThan(10);
  });

  it("tells one step once, not at every value after it", () => {
    const scores = scoresOf([...quiet, ...Array.from({ length: 60 }, (_, i) => 400 + wave(i))]);
    expect(scores[quiet.length]).toBeGreaterThan(10);
    expect(scores.slice(quiet.length + 1).filter((score) => score > 10)).toEqual([]);
  });

  it("says nothing of a constant, and nothing of what is no number", () => {
    expect(scoresOf(Array.from({ length: 400 }, () => 7)).every((score) => score === 0)).toBe(true);
    const scores = scoresOf([...quiet, Number.NaN, Number.POSITIVE_INFINITY, wave(quiet.length)]);
    expect(scores.slice(-3, -1)).toEqual([0, 0]);
    expect(scores.at(-1)).toBe(scoresOf([...quiet, wave(quiet.length)]).at(-1));
  });

  it("never changes its word when more is known", () => {
    const value = fc.oneof(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 200 }), fc.nat(), (values, where) => {
        const cut = where % values.length;
        expect(scoresOf(values).slice(0, cut)).toEqual(scoresOf(values.slice(0, cut)));
      }),
    );
  });

  it("scores no number below 0 or beyond all bounds", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 60, maxLength: 200 }), (values) => {
        expect(scoresOf(values).every((score) => score >= 0 && !Number.isNaN(score))).toBe(true);
      }),
    );
  });
});
