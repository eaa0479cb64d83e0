// Candidates that need no evidence over time: slices still warming up; and which slices are hypotheses of their own.
import { utcDayOf } from "#core/time.ts";
import { baselineTrials, overDispersion } from "./baseline.ts";
import type { Bin, Candidate } from "./book-port.ts";
import { binsPerDay, slotOf, startOf, storedBins, type TrackState } from "./book-state.ts";
import { totalOfDay } from "./days.ts";
import { defaultRatio } from "./e-process.ts";
import { type Counts, comparisonP } from "./probability.ts";
import { correlationOf } from "./rates.ts";

const warmUpP = 0.001;
const warmUpTrials = 100;
const warmUpBins = 12;
/** ρ of a slice whose own is not known yet: as bins of 50 trials scatter in practice. */
const usualCorrelation = 0.01;

/** Of slices that hold the same cells only the shortest is a hypothesis of its own. */
export const distinct = (tracks: readonly TrackState[]): TrackState[] => {
  const kept = new Map<string, TrackState>();
  for (const track of tracks) {
    const key = `${track.series.index}|${track.trials}|${track.print}`;
    const known = kept.get(key);
    const shorter =
      known === undefined ||
      track.depth < known.depth ||
      (track.depth === known.depth && Number(track.versioned) < Number(known.versioned));
    if (shorter) kept.set(key, track);
  }
  return [...kept.values()];
};

/** Before a baseline is known: the last hour against what came before it. */
export const fromWarmUp = (warming: readonly TrackState[], bin: Bin): Candidate[] =>
  warming.flatMap((track) => {
    let [n, x] = [0, 0];
    for (let back = 0; back < warmUpBins; back += 1) {
      n += track.n[slotOf(bin - back)] ?? 0;
      x += track.x[slotOf(bin - back)] ?? 0;
    }
    const base = { x: track.baseline[0] ?? 0, n: baselineTrials(track.baseline, 0) };
    if (base.n < warmUpTrials || n === 0) return [];
    const { direction } = track.series;
    // As everywhere a drift of a quarter is no news, and bins scatter more than single trials do.
    const tolerated = {
      x: direction === "rise" ? Math.min(base.n, base.x * defaultRatio) : base.x / defaultRatio,
      n: base.n,
    };
    const phi = overDispersion(n / warmUpBins, Math.max(usualCorrelation, correlationOf(track)));
    const p = comparisonP({ now: { x, n }, base: tolerated, phi, direction });
    return p * warming.length < warmUpP
      ? [{ track, trigger: "warm-up" as const, lnE: null, threshold: null, p, changeId: null }]
      : [];
  });

/** Counts of the last so many minutes; beyond six hours from whole days. */
export const countsOver = (track: TrackState, bin: Bin, minutes: number): Counts => {
  const bins = Math.round(minutes / 5);
  let [n, x] = [0, 0];
  if (bins <= storedBins) {
    for (let back = 0; back < bins; back += 1) {
      n += track.n[slotOf(bin - back)] ?? 0;
      x += track.x[slotOf(bin - back)] ?? 0;
    }
    return { n, x };
  }
  const today = utcDayOf(startOf(bin));
  for (let back = 0; back < Math.round(bins / binsPerDay); back += 1) {
    const total = totalOfDay(track.days, 0, today - back);
    n += total.n;
    x += total.x;
  }
  return { n, x };
};
