// A month of daily totals per slice.
import { describe, expect, it } from "vitest";
import { addToDay, daysWidth, leaveOutDay, referenceDays, totalOfDay } from "./days.ts";

const fillDays = (from: number, to: number): Float64Array => {
  const state = new Float64Array(daysWidth);
  for (let day = from; day <= to; day += 1) addToDay(state, 0, day, day, 10_000, true);
  return state;
};

const firedOf = (state: Float64Array, judged: number) => referenceDays(state, 0, judged).map(({ x }) => x);

describe("the reference of a day", () => {
  it("is the 28 days before its eve, oldest first", () => {
    const days = firedOf(fillDays(100, 160), 160);
    expect(days).toHaveLength(28);
    expect([days[0], days.at(-1)]).toEqual([131, 158]);
  });

  it("holds what there is of a shorter past", () => {
    expect(firedOf(fillDays(100, 105), 105)).toEqual([100, 101, 102, 103]);
    expect(firedOf(fillDays(0, 1), 1)).toEqual([]);
  });

  it("leaves out incident time, which the day itself keeps", () => {
    const state = fillDays(100, 102);
    addToDay(state, 0, 101, 900, 1_000, false);
    expect(firedOf(state, 103)).toEqual([100, 101]);
    expect(totalOfDay(state, 0, 101)).toEqual({ x: 1_001, n: 11_000 });
  });

  it("leaves out a day that spoke for a slow rise, and nothing for a day that is no longer known", () => {
    const state = fillDays(100, 130);
    leaveOutDay(state, 0, 127);
    leaveOutDay(state, 0, 100);
    expect(firedOf(state, 130)).toEqual(firedOf(fillDays(100, 130), 130).filter((day) => day !== 127));
    expect(totalOfDay(state, 0, 127)).toEqual({ x: 127, n: 10_000 });
  });

  it("forgets a day when another takes its place, and does not take one back", () => {
    const state = fillDays(100, 130);
    expect(totalOfDay(state, 0, 100)).toEqual({ x: 0, n: 0 });
    addToDay(state, 0, 100, 5, 5, true);
    expect(totalOfDay(state, 0, 130)).toEqual({ x: 130, n: 10_000 });
  });

  it("is blind to a gap of months", () => {
    const state = fillDays(100, 110);
    addToDay(state, 0, 400, 1, 10, true);
    expect(firedOf(state, 402)).toEqual([1]);
  });
});
