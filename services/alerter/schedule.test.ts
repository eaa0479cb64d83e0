// Retry schedules: their pauses, their spread, their end.
import { assert, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { type Failure, pauseAfter } from "./schedule.ts";

const failure = (attempts: number, over: Partial<Failure> = {}): Failure => ({
  attempts,
  page: false,
  throttled: false,
  retryAfterMs: null,
  ...over,
});
const middle = () => 0.5;
const minutes = (n: number): number => n * 60_000;

describe("the pause after a failure", () => {
  it("of a webhook grows over three days, then there is none", () => {
    const pauses = Array.from({ length: 10 }, (_, index) => pauseAfter(failure(index + 1), middle));
    const hours = [2, 5, 10, 14, 20, 24].map((n) => minutes(60 * n));
    expect(pauses).toEqual([5000, minutes(5), minutes(30), ...hours, null]);
  });

  it("of a page is seconds at first, then five minutes for six hours", () => {
    const pauses = Array.from({ length: 79 }, (_, index) => pauseAfter(failure(index + 1, { page: true }), middle));
    expect(pauses.slice(0, 7)).toEqual([2000, 5000, 15_000, 30_000, minutes(1), minutes(5), minutes(5)]);
    const until = pauses.indexOf(null);
    const total = pauses.slice(0, until).reduce<number>((sum, pause) => sum + (pause ?? 0), 0);
    expect(total).toBeGreaterThan(minutes(6 * 60));
    expect(total).toBeLessThan(minutes(6 * 60 + 10));
  });

  it("lies within a fifth of the schedule's", () => {
    assert(
      property(integer({ min: 1, max: 9 }), double({ min: 0, max: 1, noNaN: true }), (attempts, chance) => {
        const plain = pauseAfter(failure(attempts), middle) ?? Number.NaN;
        const spread = pauseAfter(failure(attempts), () => chance) ?? Number.NaN;
        expect(spread).toBeGreaterThanOrEqual(0.8 * plain - 1);
        expect(spread).toBeLessThanOrEqual(1.2 * plain + 1);
      }),
    );
  });

  it("is never less than the receiver asks for", () => {
    expect(pauseAfter(failure(1, { retryAfterMs: minutes(7) }), middle)).toBe(minutes(7));
    expect(pauseAfter(failure(3, { retryAfterMs: 1000 }), middle)).toBe(minutes(30));
    expect(pauseAfter(failure(1, { page: true, throttled: true }), middle)).toBe(30_000);
  });
});
