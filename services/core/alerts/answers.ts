// What the deciding half may ask between two bins: standing of tracks, and sums, users, cells and shares of any slice.
import { utcDayOf } from "#core/time.ts";
import { baselineTrials, baselineWidth, hourOfWeek, lagBins, overDispersion, seasonExpected } from "./baseline.ts";
import { binLength, binsPerDay, storedBins } from "./bins.ts";
import type { Bin, Book, Series, Sums, Track } from "./book-port.ts";
import { referenceDays, totalOfDay } from "./days.ts";
import type { Derived } from "./derived.ts";
import { evidenceWidth, meanEvidence, stepFall, stepRise } from "./e-process.ts";
import { patienceOf } from "./judge.ts";
import { correlationOf } from "./learn.ts";
import { relevelSlice, restartSlice } from "./level.ts";
import { everything } from "./places.ts";
import type { Counts } from "./probability.ts";
import { cellsOf, examplesOf, type Found, harmOf, heaviestByBin, mixOf, overlapOf, total, usersOf } from "./queries.ts";
import { type RuleSet, ruleFor } from "./rules.ts";
import { clockWidth, ringAt, type SeriesState } from "./series.ts";
import { countsOfDay, sumsByBin } from "./sums.ts";
import { seriesInOrder, seriesKey, type TenantState } from "./tenant.ts";

export interface AnswersOf {
  readonly tenants: ReadonlyMap<string, TenantState>;
  readonly derived: Derived;
  readonly rules: () => RuleSet;
  /** The bin that closes next. */
  readonly next: () => Bin;
}

type Answers = Pick<
  Book,
  | "tracks"
  | "findTrack"
  | "standing"
  | "sums"
  | "bins"
  | "users"
  | "examples"
  | "cells"
  | "evidenceWithoutHeaviest"
  | "mix"
  | "reference"
  | "overlap"
  | "freeze"
  | "thaw"
  | "restart"
  | "newLevel"
  | "expectedTrials"
>;

const perBin = (state: SeriesState, slice: number, bin: Bin): number | undefined => {
  const at = slice * clockWidth + 2 * (Math.floor((bin * binLength) / 3_600_000) % 24);
  const bins = state.clock[at] ?? 0;
  return bins > 0 ? (state.clock[at + 1] ?? 0) / bins : undefined;
};

const twoHours = 24;

/** Bins that overlap an incident that was over by less than this are one stretch: the baseline is a lag behind. */
const joined = lagBins;

const sliceOf = ({ tenant, state }: Found, { slice }: Track): number => {
  const id = tenant.places.sliceIds.get(slice) ?? -1;
  return id < state.capacity ? id : -1;
};

const expectedOf = (found: Found, id: number, from: Bin, to: Bin): number | undefined => {
  const since = found.state.since[id] ?? -1;
  if (since < 0 || from - since < binsPerDay) return undefined;
  let sum = 0;
  for (let bin = from; bin <= to; bin += 1) {
    const own = perBin(found.state, id, bin);
    if (own === undefined) return undefined;
    sum += own;
  }
  return sum;
};

/** As many as in these hours of the weeks before: on a Saturday a tenth of Friday's trials may be all that there are. */
const expectedOfWeek = ({ state }: Found, id: number, from: Bin, to: Bin): number | undefined => {
  const season = state.past[id]?.season ?? null;
  const [since, rate] = [state.since[id] ?? -1, state.plain[id] ?? 0];
  if (season === null || since < 0 || rate <= 0) return undefined;
  let sum = 0;
  for (let bin = from; bin <= to; bin += 1) {
    const weeks = Math.floor((bin - since) / (7 * binsPerDay));
    const own = weeks < 2 ? undefined : seasonExpected(season, 0, hourOfWeek(bin * binLength), weeks);
    if (own === undefined) return undefined;
    sum += own / rate;
  }
  return sum;
};

export const createAnswers = ({ tenants, derived, rules, next }: AnswersOf): Answers => {
  const find = ({ tenant: name, signal, identity }: Series): Found | undefined => {
    const tenant = tenants.get(name);
    const state = tenant?.series.get(seriesKey(signal, identity));
    return tenant === undefined || state === undefined ? undefined : { tenant, state };
  };

  /** A track and all that hold the same cells now: they stand or fall together. */
  const alike = (track: Track): { readonly found: Found; readonly ids: readonly number[] } | undefined => {
    const found = find(track.series);
    const id = found === undefined ? -1 : sliceOf(found, track);
    if (found === undefined || id < 0) return undefined;
    const { hashA, hashB } = found.state;
    const same = [...found.tenant.places.sliceIds.values()].filter(
      (other) => other === id || (hashA[other] === hashA[id] && hashB[other] === hashB[id]),
    );
    return { found, ids: same.toSorted((a, b) => a - b) };
  };

  /** By the clock where a day was seen, else as in the bins that are stored. */
  const twoHoursOf = (found: Found, id: number): number => {
    const from = next();
    const byClock = expectedOf(found, id, from, from + twoHours - 1);
    if (byClock !== undefined) return byClock;
    const since = found.state.since[id] ?? -1;
    if (since < 0) return 0;
    const bins = Math.min(storedBins, from - since);
    let n = 0;
    for (let bin = from - bins; bin < from; bin += 1) n += found.state.n[ringAt(id, bin)] ?? 0;
    return bins > 0 ? (n * twoHours) / bins : 0;
  };

  const loneThreshold = ({ tenant, state }: Found, track: Track, id: number): number => {
    const { tenant: name, signal } = state.series;
    const patience = patienceOf(ruleFor(rules(), { tenant: name, signal, slice: track.slice }));
    const weight = tenant.weights[tenant.places.slices[id]?.level ?? 2] ?? 0;
    return weight > 0 ? (patience * Math.max(1, tenant.company)) / weight : patience * Math.max(1, tenant.company);
  };

  return {
    tracks(name) {
      const tenant = tenants.get(name);
      if (tenant === undefined) return [];
      const { places } = tenant;
      return seriesInOrder(tenant)
        .filter(({ shadow }) => !shadow)
        .flatMap((state) => {
          const distinct = derived.distinct(state, places);
          const watched = derived.rules(state, places, rules());
          return [...places.sliceIds]
            .filter(([, id]) => distinct[id] === 1 && (watched[id] ?? null) !== null && (state.since[id] ?? -1) >= 0)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([, id]) => derived.track(state, places, id));
        });
    },
    findTrack(name, signal, slice) {
      const tenant = tenants.get(name);
      const id = tenant?.places.sliceIds.get(slice);
      if (tenant === undefined || id === undefined) return undefined;
      // Of two versions side by side the one with the newest trials.
      const newest = seriesInOrder(tenant)
        .filter(({ series, shadow }) => series.signal === signal && !shadow)
        .toSorted((a, b) => b.last - a.last)[0];
      if (newest === undefined || (newest.since[id] ?? -1) < 0) return undefined;
      return derived.track(newest, tenant.places, id);
    },
    standing(track) {
      const found = find(track.series);
      const id = found === undefined ? -1 : sliceOf(found, track);
      if (found === undefined || id < 0)
        return {
          baseline: 0,
          correlation: 0,
          trials: 0,
          warm: false,
          since: -1,
          e: 0,
          loneThreshold: 0,
          trialsInTwoHours: 0,
        };
      const { state, tenant } = found;
      return {
        baseline: state.now[id] ?? 0,
        correlation: correlationOf(state, tenant.places, id),
        trials: baselineTrials(state.base, id * baselineWidth),
        warm: state.warm[id] === 1,
        since: state.since[id] ?? -1,
        e: meanEvidence(state.evidence, id * evidenceWidth),
        loneThreshold: loneThreshold(found, track, id),
        trialsInTwoHours: twoHoursOf(found, id),
      };
    },
    sums(series, scope, from, to) {
      const found = find(series);
      if (found === undefined) return { n: 0, x: 0, expected: 0 };
      return total(sumsByBin(found.state, found.tenant.places, scope, from, to));
    },
    bins(series, scope, from, to) {
      const found = find(series);
      if (found === undefined) return { n: new Float64Array(), x: new Float64Array(), expected: new Float64Array() };
      return sumsByBin(found.state, found.tenant.places, scope, from, to);
    },
    users(series, scope, from, to) {
      const found = find(series);
      return found === undefined ? { count: 0, heaviest: 0 } : usersOf(found, scope, from, to);
    },
    examples(series, scope, from, to) {
      const found = find(series);
      return found === undefined ? [] : examplesOf(found, scope, from, to);
    },
    cells(series, scope, from, to) {
      const found = find(series);
      if (found !== undefined) return cellsOf(found, scope, from, to);
      const none = new Float64Array();
      return { dimensions: [], values: [], columns: [], n: none, x: none, expected: none };
    },
    evidenceWithoutHeaviest(track, scope, from, to) {
      const found = find(track.series);
      if (found === undefined) return 0;
      const { state, tenant } = found;
      const { n: ns, x: xs, expected } = sumsByBin(state, tenant.places, scope, from, to);
      const heaviest = heaviestByBin(found, scope, from, to);
      const { smallestRatio } = ruleFor(rules(), { ...track.series, slice: track.slice });
      const correlation = correlationOf(state, tenant.places, Math.max(everything, sliceOf(found, track)));
      const step = track.series.direction === "rise" ? stepRise : stepFall;
      const evidence = new Float64Array(evidenceWidth);
      let most = 0;
      for (const [index, all] of ns.entries()) {
        const x = xs[index] ?? 0;
        const theirs = Math.min(heaviest[index] ?? 0, harmOf(state, all, x));
        const n = all - theirs;
        const rate = (expected[index] ?? 0) / all;
        if (n <= 0 || !(rate > 0)) continue;
        const own = step(
          evidence,
          0,
          state.unfired ? x : x - theirs,
          n,
          rate,
          smallestRatio,
          overDispersion(n, correlation),
        );
        most = Math.max(most, own);
      }
      return most;
    },
    mix(series, scope, dimension, from, to) {
      const found = find(series);
      return found === undefined ? [] : mixOf(found, scope, dimension, [from, to]);
    },
    reference(track) {
      const found = find(track.series);
      const id = found === undefined ? -1 : sliceOf(found, track);
      const days = found?.state.past[id]?.days ?? new Float64Array();
      const newest = next() - 1;
      const today = utcDayOf(newest * binLength);
      const reference = referenceDays(days, 0, today);
      let [x, n] = [0, 0];
      for (const own of reference) [x, n] = [x + own.x, n + own.n];
      const rate = n > 0 ? x / n : 0;
      const withRate = (counts: Counts): Sums => ({ ...counts, expected: counts.n * rate });
      return {
        rate,
        today: withRate(found === undefined ? { x: 0, n: 0 } : countsOfDay(found.state, id, newest)),
        yesterday: withRate(totalOfDay(days, 0, today - 1)),
      };
    },
    overlap(series, a, b, from, to) {
      const found = find(series);
      return found === undefined ? { both: 0, a: 0, b: 0 } : overlapOf(found, a, b, [from, to]);
    },
    freeze(track, from) {
      const same = alike(track);
      if (same === undefined) return;
      const { frozenFrom, frozenTo } = same.found.state;
      for (const id of same.ids) {
        const [start, end] = [frozenFrom[id] ?? -1, frozenTo[id] ?? -1];
        const isJoined = start >= 0 && from <= end + joined;
        frozenFrom[id] = isJoined ? Math.min(start, from) : from;
        frozenTo[id] = Number.POSITIVE_INFINITY;
      }
    },
    thaw(track) {
      const same = alike(track);
      for (const id of same?.ids ?? [])
        if (same?.found.state.frozenTo[id] === Number.POSITIVE_INFINITY) same.found.state.frozenTo[id] = next();
    },
    restart(track) {
      const same = alike(track);
      for (const id of same?.ids ?? []) if (same !== undefined) restartSlice(same.found.state, id);
    },
    newLevel(track) {
      const same = alike(track);
      for (const id of same?.ids ?? [])
        if (same !== undefined) relevelSlice(same.found.state, same.found.tenant.places, id, next() - 1);
    },
    expectedTrials(track, from, to) {
      const found = find(track.series);
      const id = found === undefined ? -1 : sliceOf(found, track);
      const byClock = found === undefined || id < 0 ? undefined : expectedOf(found, id, from, to);
      if (found === undefined || byClock === undefined) return byClock;
      return Math.min(byClock, expectedOfWeek(found, id, from, to) ?? byClock);
    },
  };
};
