// What is normal in a slice: its own lagged rate, shrunk to its parent's, how far bins scatter around it, and its weekly pattern.
import { type EventTime, hour as hourLength } from "#core/time.ts";

/** Numbers of state that one slice takes in the caller's array; all 0 at the start. */
export const baselineWidth = 4;

/** Bins by which the baseline lags: it is fed what is an hour old, corrections included. */
export const lagBins = 12;

/** Offsets within a slice's state: decayed fired and trials, and the two sums of over-dispersion. */
const fired = 0;
const trials = 1;
const excess = 2;
const pairs = 3;

/** Half-life of one day of 5-minute bins. */
const decay = 0.5 ** (1 / 288);
/** Trials that the parent's rate counts for. */
const parentTrials = 20;
/** Below so many trials the rate is too uncertain to measure scatter by. */
const trialsForScatter = 200;
/** One bin counts at most like three standard deviations. */
const largestSquare = 9;

/** Decayed trials behind the baseline; a slice is warm from 200 on (and a day of age). */
export const baselineTrials = (state: Float64Array, at: number): number => state[at + trials] ?? 0;

/** p̂: own rate, as if 20 more trials had been seen at the parent's rate. Times the hour's factor where there is one. */
export const baselineRate = (state: Float64Array, at: number, parentRate: number): number =>
  ((state[at + fired] ?? 0) + parentTrials * parentRate) / ((state[at + trials] ?? 0) + parentTrials);

/** ρ̂: correlation between the trials of a bin, ≥ 0, from how bins scattered. */
export const baselineCorrelation = (state: Float64Array, at: number): number => {
  const counted = state[at + pairs] ?? 0;
  return counted > 0 ? Math.max(0, (state[at + excess] ?? 0) / counted) : 0;
};

/** φ(n): how much more a bin of n trials scatters than independent trials would; grows with n. */
export const overDispersion = (n: number, correlation: number): number => 1 + Math.max(0, n - 1) * correlation;

/**
 * Folds a bin that is `lagBins` old. Not called for bins in which the slice alarmed: else the incident becomes normal.
 * `rate` is what was expected of the bin, the hour's factor included; `factor` is that factor, so that the base stays without season.
 */
export const foldBin = (state: Float64Array, at: number, x: number, n: number, rate: number, factor = 1): void => {
  const weight = state[at + trials] ?? 0;
  const variance = n * rate * (1 - rate);
  if (n > 0 && weight > trialsForScatter && variance > 0) {
    const square = Math.min(largestSquare, (x - n * rate) ** 2 / variance);
    state[at + excess] = decay * (state[at + excess] ?? 0) + square - 1;
    state[at + pairs] = decay * (state[at + pairs] ?? 0) + n - 1;
  }
  state[at + fired] = decay * (state[at + fired] ?? 0) + x;
  state[at + trials] = decay * weight + n * factor;
};

/** Numbers of state of one slice's weekly pattern: for each hour of the week what fired and what was expected. */
export const seasonWidth = 336;
const hoursOfWeek = 168;
const binsPerHour = 12;
/** An hour keeps half its weight for eight weeks of twelve bins, so a pattern that changes is learned anew. */
const seasonDecay = 0.5 ** (1 / 96);
/** Expected harm at which an hour's own factor counts as much as none. */
const seasonPrior = 50;

/** Hour of the week (0 … 167, from Thursday 00:00 UTC as epoch time has it) of a bin's start. */
export const hourOfWeek = (start: EventTime): number => Math.floor(start / hourLength) % hoursOfWeek;

/** Folds the same bin as `foldBin`; `base` is p̂ without the hour's factor. */
export const foldSeason = (state: Float64Array, at: number, hour: number, x: number, n: number, base: number): void => {
  const own = at + 2 * hour;
  state[own] = seasonDecay * (state[own] ?? 0) + x;
  state[own + 1] = seasonDecay * (state[own + 1] ?? 0) + n * base;
};

/** f: by what the hour differs from p̂, within ½ … 2. To be used once two weeks have been seen. */
export const seasonFactor = (state: Float64Array, at: number, hour: number): number => {
  const own = at + 2 * hour;
  const factor = ((state[own] ?? 0) + seasonPrior) / ((state[own + 1] ?? 0) + seasonPrior);
  return Math.min(2, Math.max(0.5, factor));
};

/** Harm that was expected of one bin of this hour, the mean over so many weeks of it: over p̂ its trials. */
export const seasonExpected = (state: Float64Array, at: number, hour: number, weeks: number): number =>
  ((state[at + 2 * hour + 1] ?? 0) * (1 - seasonDecay)) / (1 - seasonDecay ** (weeks * binsPerHour));
