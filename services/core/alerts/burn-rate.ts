// Alarms against an objective that people set: the budget of harm burns too fast in a long and in a short window.
import type { Counts } from "./probability.ts";

export interface BurnWindow {
  /** Burn, in multiples of the objective, at which both windows alarm. */
  readonly factor: number;
  readonly longMinutes: number;
  readonly shortMinutes: number;
}

/** Pairs of the SRE workbook (Google 2018, chapter 5): 2 % of a month's budget in an hour, 5 % in six hours, 10 % in three days. */
const tightPairs: readonly BurnWindow[] = [
  { factor: 14.4, longMinutes: 60, shortMinutes: 5 },
  { factor: 6, longMinutes: 360, shortMinutes: 30 },
  { factor: 1, longMinutes: 4_320, shortMinutes: 360 },
];

/** At an objective of 5 % a burn of 14.4 would be a rate of 72 %, so loose objectives alarm at twice the objective. */
const loosePairs: readonly BurnWindow[] = [{ factor: 2, longMinutes: 60, shortMinutes: 5 }];
const tightest = 0.01;

/** Below so many trials in the long window there is no verdict. */
const fewestTrials = 20;

/** The pairs of windows for an objective, 0 … 1, the fastest first. */
export const burnWindows = (objective: number): readonly BurnWindow[] =>
  objective <= tightest ? tightPairs : loosePairs;

/** Rate in multiples of the objective; 0 without trials. */
export const burnRate = ({ x, n }: Counts, objective: number): number => (n > 0 ? x / n / objective : 0);

export interface Burn extends BurnWindow {
  readonly long: number;
  readonly short: number;
}

/** The first pair of windows in which the budget burns too fast; `over` gives the counts of the last so many minutes. */
export const findBurn = (
  objective: number,
  over: (minutes: number) => Counts,
  windows: readonly BurnWindow[] = burnWindows(objective),
): Burn | undefined => {
  for (const window of windows) {
    const counts = over(window.longMinutes);
    const long = burnRate(counts, objective);
    if (counts.n < fewestTrials || long < window.factor) continue;
    const short = burnRate(over(window.shortMinutes), objective);
    if (short >= window.factor) return { ...window, long, short };
  }
  return undefined;
};
