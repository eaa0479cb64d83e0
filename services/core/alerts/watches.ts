// Deploy watches: after a change a second detector starts from zero in its scope, with the power of a lone slice.
import type { EventTime } from "#core/time.ts";
import { day } from "#core/time.ts";
import { overDispersion } from "./baseline.ts";
import type { Bin } from "./book-port.ts";
import {
  binOf,
  type SeriesState,
  slotOf,
  storedBins,
  type TenantState,
  type TrackState,
  type WatchState,
} from "./book-state.ts";
import { type Pairs, sliceName } from "./dimensions.ts";
import { evidenceWidth, stepFall, stepRise } from "./e-process.ts";
import { sumsIn } from "./queries.ts";
import { correlationOf, factorOf, isWarm, rateOf } from "./rates.ts";

/** H: four hours of bins. */
const watchedBins = 48;
/** α of one change, and what all changes of 28 days may cost together. */
const alphaOfOne = 0.05;
const alphaOfMonth = 0.5;
const monthOfChanges = 28 * day;
/** More at once are not watched: the newest hold. */
const mostWatches = 200;

/** The tracked slice that holds the scope most closely: its own, its feature's, or everything. */
export const trackFor = (series: SeriesState, pairs: Pairs): TrackState | null => {
  const own = series.tracks.get(sliceName(pairs));
  if (own !== undefined) return own;
  const feature = pairs.filter(([dimension]) => dimension === "feature");
  return (feature.length > 0 ? series.tracks.get(sliceName(feature)) : undefined) ?? series.root;
};

/** Begins a watch; what is stored since the change is stepped by `stepWatch` for each bin up to the newest closed one. */
export const beginWatch = (
  tenant: TenantState,
  {
    changeId,
    pairs,
    at,
    watched,
  }: { readonly changeId: string; readonly pairs: Pairs; readonly at: EventTime; readonly watched: number },
): WatchState => {
  tenant.changes = [...tenant.changes.filter((time) => time > at - monthOfChanges), at];
  const alpha = Math.min(alphaOfOne, alphaOfMonth / tenant.changes.length);
  const watch: WatchState = {
    changeId,
    pairs,
    from: binOf(at),
    threshold: (watchedBins * Math.max(1, watched)) / alpha,
    of: new Map(),
  };
  tenant.watches.push(watch);
  if (tenant.watches.length > mostWatches) tenant.watches.shift();
  return watch;
};

export const isOver = ({ from }: WatchState, bin: Bin): boolean => bin >= from + watchedBins;

/** One bin of one series; returns E. The rate is the one at the change, times the hour's factor. */
export const stepWatch = (
  watch: WatchState,
  series: SeriesState,
  {
    bin,
    prior,
    smallestRatio,
    newest,
  }: { readonly bin: Bin; readonly prior: number; readonly smallestRatio: number; readonly newest: Bin },
): number => {
  if (bin < watch.from || isOver(watch, bin) || bin <= newest - storedBins) return 0;
  const track = trackFor(series, watch.pairs);
  if (track === null || !isWarm(track, newest)) return 0;
  let own = watch.of.get(series.index);
  if (own === undefined)
    watch.of.set(series.index, (own = { evidence: new Float64Array(evidenceWidth), rate: Number.NaN }));
  const tracked = sliceName(watch.pairs) === track.slice && !track.versioned;
  const slot = slotOf(bin);
  const sums = tracked
    ? { n: track.n[slot] ?? 0, x: track.x[slot] ?? 0, expected: track.expected[slot] ?? 0 }
    : sumsIn(series, watch.pairs, bin, bin);
  if (sums.n <= 0 || sums.expected <= 0) return 0;
  const factor = tracked ? factorOf(track, bin) : 1;
  // Frozen at the change: of a bin that was closed in time by the baseline itself, of a stored one by what was expected of it.
  if (Number.isNaN(own.rate))
    own.rate = bin === newest && tracked ? rateOf(track, prior) : sums.expected / sums.n / factor;
  const rate = Math.min(0.999, tracked ? own.rate * factor : sums.expected / sums.n);
  const step = series.direction === "rise" ? stepRise : stepFall;
  return step(own.evidence, 0, sums.x, sums.n, rate, smallestRatio, overDispersion(sums.n, correlationOf(track)));
};
