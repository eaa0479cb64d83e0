// Objectives that people set, in two windows.
import { describe, expect, it } from "vitest";
import { burnRate, burnWindows, findBurn } from "./burn-rate.ts";
import type { Counts } from "./probability.ts";

const counts =
  (known: Record<number, readonly [x: number, n: number]>) =>
  (minutes: number): Counts => {
    const [x, n] = known[minutes] ?? [0, 0];
    return { x, n };
  };

describe("a burnt budget", () => {
  it("alarms when the long and the short window burn, as in the worked example", () => {
    const found = findBurn(0.005, counts({ 60: [96, 1_200], 5: [9, 100] }));
    expect(found).toMatchObject({ factor: 14.4, longMinutes: 60, shortMinutes: 5 });
    expect([found?.long, found?.short]).toEqual([expect.closeTo(16, 12), expect.closeTo(18, 12)]);
  });

  it("is over when the short window has cooled down", () => {
    expect(findBurn(0.005, counts({ 60: [96, 1_200], 5: [0, 100] }))).toBeUndefined();
  });

  it("needs 20 trials in the long window", () => {
    expect(findBurn(0.005, counts({ 60: [19, 19], 5: [9, 9] }))).toBeUndefined();
    expect(findBurn(0.005, counts({ 60: [20, 20], 5: [9, 9] }))?.factor).toBe(14.4);
  });

  it("is also found when it burns slowly", () => {
    const slow = counts({ 60: [6, 1_200], 5: [1, 100], 360: [90, 7_200], 30: [8, 600], 4_320: [400, 80_000] });
    expect(findBurn(0.005, slow)).toMatchObject({ factor: 1, longMinutes: 4_320, shortMinutes: 360 });
  });

  it("of a loose objective means twice the objective", () => {
    expect(burnWindows(0.05)).toEqual([{ factor: 2, longMinutes: 60, shortMinutes: 5 }]);
    expect(burnWindows(0.01).map(({ factor }) => factor)).toEqual([14.4, 6, 1]);
    expect(findBurn(0.05, counts({ 60: [120, 1_200], 5: [12, 100] }))?.factor).toBe(2);
    expect(findBurn(0.05, counts({ 60: [110, 1_200], 5: [12, 100] }))).toBeUndefined();
  });

  it("is none without trials", () => {
    expect(burnRate({ x: 0, n: 0 }, 0.01)).toBe(0);
  });
});
