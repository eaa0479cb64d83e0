// What is expected of a slice: its own lagged rate, shrunk to its parent's; of a version what its ground had before.
import { baselineCorrelation, baselineRate, baselineTrials, hourOfWeek, seasonFactor } from "./baseline.ts";
import type { Bin } from "./book-port.ts";
import { binsPerDay, type Ground, slotOf, startOf, type TrackState } from "./book-state.ts";

const twoWeeks = 14 * binsPerDay;
const warmTrials = 200;
/** Bins after which a half-life of a day has forgotten half. */
const decay = 0.5 ** (1 / binsPerDay);

/** The next slice above that learns its own hours. */
const seasonal = (track: TrackState): TrackState =>
  track.season !== null || track.parent === null ? track : seasonal(track.parent);

/** f of the bin's hour of the week; 1 until two weeks have been seen. */
export const factorOf = (track: TrackState, bin: Bin): number => {
  const { season, since } = seasonal(track);
  return season === null || bin - since < twoWeeks ? 1 : seasonFactor(season, 0, hourOfWeek(startOf(bin)));
};

/** p̂ without the hour's factor. Of a version: that of the slice above it, which is only used where no bin has told better. */
export const rateOf = (track: TrackState, prior: number): number => {
  const above = track.parent === null ? prior : rateOf(track.parent, prior);
  return track.versioned ? above : baselineRate(track.baseline, 0, above);
};

export const groundRate = ({ state, home }: Ground, prior: number): number =>
  baselineRate(state, 0, rateOf(home, prior));

/** ρ̂: versions have no scatter of their own yet, so the slice above speaks for them too. */
export const correlationOf = (track: TrackState): number => {
  const own = baselineCorrelation(track.baseline, 0);
  return track.parent !== null && (track.versioned || baselineTrials(track.baseline, 0) <= warmTrials)
    ? Math.max(own, correlationOf(track.parent))
    : own;
};

/** The slice in which it is judged whether a baseline is known. */
const judged = (track: TrackState): TrackState =>
  track.versioned && track.parent !== null ? judged(track.parent) : track;

/** A day old and 200 trials. */
export const isWarm = (track: TrackState, bin: Bin): boolean => {
  const own = judged(track);
  return bin - own.since >= binsPerDay && baselineTrials(own.baseline, 0) >= warmTrials;
};

/** Trials of a usual bin, from the decayed sum and the age. Of a version: of the last two hours. */
export const trialsPerBin = (track: TrackState, bin: Bin): number => {
  if (track.versioned) {
    let n = 0;
    for (let back = 0; back < 24; back += 1) n += track.n[slotOf(bin - back)] ?? 0;
    return n / 24;
  }
  const age = Math.max(1, bin - track.since - 12);
  return baselineTrials(track.baseline, 0) / ((1 - decay ** age) / (1 - decay));
};
