// Daily totals of one slice over a month: the reference of slow rises.
import type { Counts } from "./probability.ts";

/** The reference leaves out the day judged and the one before: a slow rise must not hide itself. */
const leftOut = 2;
const referenceLength = 28;
const remembered = leftOut + referenceLength;
/** Per day: its number + 1 (0: none), all fired and trials, then those of quiet time. */
const dayWidth = 5;

/** Numbers of state that one slice takes in the caller's array; all 0 at the start. */
export const daysWidth = remembered * dayWidth;

/** Adds a bin to its UTC day; `quiet`: no incident of the slice was open, so the bin also counts for the reference. */
export const addToDay = (state: Float64Array, at: number, day: number, x: number, n: number, quiet: boolean): void => {
  const own = at + (day % remembered) * dayWidth;
  if (state[own] !== day + 1) {
    if ((state[own] ?? 0) > day + 1) return;
    state.fill(0, own, own + dayWidth);
    state[own] = day + 1;
  }
  state[own + 1] = (state[own + 1] ?? 0) + x;
  state[own + 2] = (state[own + 2] ?? 0) + n;
  if (!quiet) return;
  state[own + 3] = (state[own + 3] ?? 0) + x;
  state[own + 4] = (state[own + 4] ?? 0) + n;
};

/** A day that spoke for a slow rise is no reference for the days after it: else a rise hides itself from the third day on. */
export const leaveOutDay = (state: Float64Array, at: number, day: number): void => {
  const own = at + (day % remembered) * dayWidth;
  if (state[own] === day + 1) state.fill(0, own + 3, own + dayWidth);
};

const countsAt = (state: Float64Array, own: number): Counts => ({ x: state[own] ?? 0, n: state[own + 1] ?? 0 });

/** All trials of a UTC day; none when it is not remembered. */
export const totalOfDay = (state: Float64Array, at: number, day: number): Counts => {
  const own = at + (day % remembered) * dayWidth;
  return state[own] === day + 1 ? countsAt(state, own + 1) : { x: 0, n: 0 };
};

/** Quiet days before the judged one and its eve, at most 28, oldest first; days without trials are left out. */
export const referenceDays = (state: Float64Array, at: number, judged: number): readonly Counts[] => {
  const days: Counts[] = [];
  for (let day = judged - leftOut - referenceLength + 1; day <= judged - leftOut; day += 1) {
    const own = at + (((day % remembered) + remembered) % remembered) * dayWidth;
    const quiet = countsAt(state, own + 3);
    if (state[own] === day + 1 && quiet.n > 0) days.push(quiet);
  }
  return days;
};
