// Slow rises: a day against the month before it, three days running, over all slices at once.

import type { Direction } from "./e-process.ts";
import { type Counts, comparisonP } from "./probability.ts";

/** A day speaks for a slow rise below this p. */
const dayLimit = 0.05;
const daysRunning = 3;
/** Share of false discoveries among the slices found on one day; small, because a month has 28 of them. */
const falseShare = 0.01;

/** One slice on one day. */
export interface DayInSlice {
  readonly today: Counts;
  /** Quiet days of the reference, each alone: their scatter tells how much a day may differ. */
  readonly reference: readonly Counts[];
}

const total = (days: readonly Counts[]): Counts => {
  let [x, n] = [0, 0];
  for (const day of days) {
    x += day.x;
    n += day.n;
  }
  return { x, n };
};

/** φ_d: scatter of the reference's days around their common rate (Pearson's X² by its degrees of freedom), at least 1. */
export const dayDispersion = (days: readonly Counts[]): number => {
  const { x, n } = total(days);
  const rate = x / n;
  if (days.length < 2 || !(rate > 0 && rate < 1)) return 1;
  let square = 0;
  for (const day of days) if (day.n > 0) square += (day.x - day.n * rate) ** 2 / (day.n * rate * (1 - rate));
  return Math.max(1, square / (days.length - 1));
};

/** Which of these p are discoveries at this share of false ones (Benjamini & Hochberg 1995), in the given order. */
export const benjaminiHochberg = (ps: readonly number[], share: number): readonly boolean[] => {
  const ascending = ps.toSorted((a, b) => a - b);
  const last = ascending.findLastIndex((p, index) => p <= (share * (index + 1)) / ps.length);
  const limit = ascending[last] ?? Number.NEGATIVE_INFINITY;
  return ps.map((p) => p <= limit);
};

/** p of a day against its reference; 1 without trials on either side. */
export const dayP = ({ today, reference }: DayInSlice, direction: Direction): number => {
  const base = total(reference);
  if (base.n === 0 || today.n === 0) return 1;
  return comparisonP({ now: today, base, phi: dayDispersion(reference), direction });
};

/** Harmful ratio of the day to its reference: rises now ÷ then, falls then ÷ now; 1 without trials on either side. */
export const dayRatio = ({ today, reference }: DayInSlice, direction: Direction): number => {
  const base = total(reference);
  if (base.n === 0 || today.n === 0) return 1;
  const ratio = today.x / today.n / (base.x / base.n);
  return direction === "rise" ? ratio : 1 / ratio;
};

export interface SustainedOptions {
  readonly direction: Direction;
  /** Smallest ratio that matters, 1.25 by default in rules. */
  readonly smallestRatio: number;
}

/** p of the days running that speak for a slow rise, oldest first, at most three: the caller keeps it per slice. */
export type Run = readonly number[];

/** Judges one finished day of a slice; empty when it does not speak for a slow rise. */
export const nextRun = (run: Run, day: DayInSlice, { direction, smallestRatio }: SustainedOptions): Run => {
  const p = dayP(day, direction);
  return p < dayLimit && dayRatio(day, direction) >= smallestRatio ? [...run, p].slice(-daysRunning) : [];
};

/**
 * Which slices of a signal rise slowly, given the runs of all that could be judged. Three days running each spoke for it; that by
 * chance all three do so at most at the largest of their p has the chance of its cube, which is what Benjamini–Hochberg weighs
 * across slices. (Weighing each day alone asks 2,000 trials a day for what 1,000 can show in three.)
 */
export const sustained = (runs: readonly Run[]): readonly boolean[] =>
  benjaminiHochberg(
    runs.map((run) => (run.length < daysRunning ? 1 : Math.max(...run) ** daysRunning)),
    falseShare,
  );
