// What the deciding half may ask between two bins: standing of tracks, and sums, users, cells and shares of any slice.
import { quickHash } from "#core/ids.ts";
import { utcDayOf } from "#core/time.ts";
import { baselineTrials, baselineWidth, lagBins, overDispersion } from "./baseline.ts";
import { binLength, binsPerDay, storedBins } from "./bins.ts";
import type { Bin, BinSums, Book, Scope, Series, Sums, Track, Users } from "./book-port.ts";
import { referenceDays, totalOfDay } from "./days.ts";
import type { Derived } from "./derived.ts";
import { dimensions, indexOfDimension, isVersion } from "./dimensions.ts";
import { evidenceWidth, meanEvidence, stepFall, stepRise } from "./e-process.ts";
import { patienceOf } from "./judge.ts";
import { correlationOf } from "./learn.ts";
import { relevelSlice, restartSlice } from "./level.ts";
import type { Cells } from "./localise.ts";
import type { MixPart } from "./mix.ts";
import { cellsWithin, everything } from "./places.ts";
import type { Counts } from "./probability.ts";
import { type RuleSet, ruleFor } from "./rules.ts";
import { clockWidth, ringAt, type SeriesState } from "./series.ts";
import { countsOfDay, eachEntry, sumsByBin } from "./sums.ts";
import { seriesInOrder, seriesKey, type TenantState } from "./tenant.ts";
import { addSketch, countUsers, type Harmed, heaviestUser, trialsOf } from "./users.ts";
import type { Values } from "./values.ts";

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

/** Where a series is kept. */
interface Found {
  readonly tenant: TenantState;
  readonly state: SeriesState;
}

const sumOf = (column: Float64Array): number => column.reduce((all, own) => all + own, 0);

const total = ({ n, x, expected }: BinSums): Sums => ({ n: sumOf(n), x: sumOf(x), expected: sumOf(expected) });

/** Which outcome of an entry is harm. */
const harmOf = ({ unfired }: SeriesState, n: number, x: number): number => (unfired ? n - x : x);

interface DayOfUsers {
  readonly harmed: Harmed;
  unknown: number;
}

const usersByDay = ({ tenant, state }: Found, scope: Scope, from: Bin, to: Bin): ReadonlyMap<number, DayOfUsers> => {
  const days = new Map<number, DayOfUsers>();
  eachEntry(state, tenant.places, scope, [from, to], (closed, entry) => {
    const number = utcDayOf(closed.bin * binLength);
    let own = days.get(number);
    if (own === undefined) days.set(number, (own = { harmed: new Map(), unknown: 0 }));
    own.unknown += closed.unknown[entry] ?? 0;
    const [start, end] = [closed.sketchAt[entry] ?? 0, closed.sketchAt[entry + 1] ?? 0];
    if (end > start) addSketch(own.harmed, closed.sketches.subarray(start, end));
  });
  return days;
};

/** Harmful trials of each day's heaviest user, per bin. */
const heaviestByBin = (found: Found, scope: Scope, from: Bin, to: Bin): Float64Array => {
  const byBin = new Float64Array(Math.max(0, to - from + 1));
  const heaviest = new Map<number, bigint>();
  for (const [day, { harmed }] of usersByDay(found, scope, from, to)) {
    const user = heaviestUser(harmed);
    if (user !== undefined) heaviest.set(day, user.hash);
  }
  eachEntry(found.state, found.tenant.places, scope, [from, to], (closed, entry) => {
    const hash = heaviest.get(utcDayOf(closed.bin * binLength));
    const [start, end] = [closed.sketchAt[entry] ?? 0, closed.sketchAt[entry + 1] ?? 0];
    if (hash === undefined || end === start) return;
    const at = closed.bin - from;
    byBin[at] = (byBin[at] ?? 0) + trialsOf(hash, closed.sketches.subarray(start, end));
  });
  return byBin;
};

const readExamples = (json: string): readonly string[] => {
  try {
    const ids: unknown = JSON.parse(json);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
};

const mostExamples = 5;

const smallestHashes = (ids: ReadonlySet<string>): readonly string[] =>
  [...ids]
    .map((id) => ({ id, hash: quickHash(id) }))
    .toSorted((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1))
    .slice(0, mostExamples)
    .map(({ id }) => id);

/** Sums per cell over a window, by number of the cell. */
const sumsByCell = (
  { tenant, state }: Found,
  scope: Scope,
  from: Bin,
  to: Bin,
): ReadonlyMap<number, { n: number; x: number; expected: number }> => {
  const sums = new Map<number, { n: number; x: number; expected: number }>();
  eachEntry(state, tenant.places, scope, [from, to], (closed, entry) => {
    const id = closed.cells[entry] ?? 0;
    let sum = sums.get(id);
    if (sum === undefined) sums.set(id, (sum = { n: 0, x: 0, expected: 0 }));
    const n = closed.n[entry] ?? 0;
    sum.n += n;
    sum.x += closed.x[entry] ?? 0;
    sum.expected += n * (closed.rate[entry] ?? 0);
  });
  return sums;
};

const columnOf = (values: readonly (string | null)[]): { names: string[]; column: Int32Array } => {
  const names = [...new Set(values.filter((value) => value !== null))].toSorted();
  const numbers = new Map(names.map((name, index) => [name, index]));
  return { names, column: Int32Array.from(values, (value) => (value === null ? -1 : (numbers.get(value) ?? -1))) };
};

const cellsOf = (found: Found, scope: Scope, from: Bin, to: Bin): Cells => {
  const { cells } = found.tenant.places;
  const sums = [...sumsByCell(found, scope, from, to)]
    .flatMap(([id, sum]) => {
      const cell = cells[id];
      return cell === null || cell === undefined ? [] : [{ cell, sum }];
    })
    .toSorted((a, b) => (a.cell.key < b.cell.key ? -1 : 1));
  const columns = dimensions.map((_, dimension) => columnOf(sums.map(({ cell }) => cell.values[dimension] ?? null)));
  return {
    dimensions,
    values: columns.map(({ names }) => names),
    columns: columns.map(({ column }) => column),
    n: Float64Array.from(sums, ({ sum }) => sum.n),
    x: Float64Array.from(sums, ({ sum }) => sum.x),
    expected: Float64Array.from(sums, ({ sum }) => sum.expected),
  };
};

interface Shares {
  nBefore: number;
  xBefore: number;
  nNow: number;
  xNow: number;
}

const mixOf = (
  found: Found,
  scope: Scope,
  dimension: string,
  window: readonly [Bin, Bin],
): readonly (MixPart & { readonly value: string })[] => {
  const { places } = found.tenant;
  const at = indexOfDimension(dimension);
  const shares = new Map<string, Shares>();
  const sharesOf = (values: Values): Shares => {
    const value = values[at] ?? "";
    let own = shares.get(value);
    if (own === undefined) shares.set(value, (own = { nBefore: 0, xBefore: 0, nNow: 0, xNow: 0 }));
    return own;
  };
  const stable = scope
    .filter(([name]) => !isVersion(name))
    .map(([name, value]) => [indexOfDimension(name), value] as const);
  for (const [id, ground] of places.grounds.entries()) {
    const n = found.state.groundBase[2 * id + 1] ?? 0;
    if (ground === null || n === 0 || !stable.every(([index, value]) => ground.values[index] === value)) continue;
    const own = sharesOf(ground.values);
    own.nBefore += n;
    own.xBefore += found.state.groundBase[2 * id] ?? 0;
  }
  for (const [id, { n, x }] of sumsByCell(found, scope, ...window)) {
    const own = sharesOf(places.cells[id]?.values ?? []);
    own.nNow += n;
    own.xNow += x;
  }
  return [...shares]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, { nBefore, xBefore, nNow, xNow }]) => ({
      value,
      weightBefore: nBefore,
      weightNow: nNow,
      rateBefore: nBefore > 0 ? xBefore / nBefore : 0,
      rateNow: nNow > 0 ? xNow / nNow : 0,
    }));
};

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
    users(series, scope, from, to): Users {
      const found = find(series);
      let [count, heaviest] = [0, 0];
      for (const { harmed, unknown } of found === undefined ? [] : usersByDay(found, scope, from, to).values()) {
        count = Math.max(count, countUsers(harmed) + unknown);
        heaviest = Math.max(heaviest, heaviestUser(harmed)?.trials ?? 0);
      }
      return { count, heaviest };
    },
    examples(series, scope, from, to) {
      const found = find(series);
      const ids = new Set<string>();
      if (found === undefined) return [];
      eachEntry(found.state, found.tenant.places, scope, [from, to], (closed, entry) => {
        for (const json of closed.examples.get(entry) ?? []) for (const id of readExamples(json)) ids.add(id);
      });
      return smallestHashes(ids);
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
      const sums = { both: 0, a: 0, b: 0 };
      if (found === undefined) return sums;
      const { places } = found.tenant;
      const [inA, inB] = [cellsWithin(places, a), cellsWithin(places, b)];
      for (const [id, { n }] of sumsByCell(found, [], from, to)) {
        if (inA[id] === 1) sums.a += n;
        if (inB[id] === 1) sums.b += n;
        if (inA[id] === 1 && inB[id] === 1) sums.both += n;
      }
      return sums;
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
      return found === undefined || id < 0 ? undefined : expectedOf(found, id, from, to);
    },
  };
};
