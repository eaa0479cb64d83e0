// The counting half of the alert fold: tallies into bins, bins into slices, slices into evidence, evidence into candidates.

import { utcDayOf } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { baselineTrials, hourOfWeek } from "./baseline.ts";
import type { Bin, Book, Candidate, ClosedTenant, Series, Standing, Track } from "./book-port.ts";
import {
  binOf,
  binsPerDay,
  type CellState,
  createShared,
  createTenant,
  endOf,
  type SeriesState,
  type SharedState,
  slotOf,
  startOf,
  storedBins,
  type TenantState,
  type TrackState,
} from "./book-state.ts";
import { findBurn } from "./burn-rate.ts";
import { type Budgets, createCellFinder, placeCell } from "./cells.ts";
import { hearProgress, hearTick } from "./clock.ts";
import { closeSeries, month, newLevel, restart } from "./close.ts";
import { referenceDays, totalOfDay } from "./days.ts";
import { dimensions } from "./dimensions.ts";
import { alarming, classWeights } from "./e-bh.ts";
import { countsOver, distinct, fromWarmUp } from "./hypotheses.ts";
import { count, faultOf, kindOf } from "./intake.ts";
import { binsIn, cellsIn, evidenceWithoutHeaviest, examplesIn, mixIn, overlapIn, sumsIn, usersIn } from "./queries.ts";
import { correlationOf, factorOf, isWarm, rateOf, trialsPerBin } from "./rates.ts";
import { type Rule, type RuleSet, ruleFor } from "./rules.ts";
import { dropSeries, forgetTracks, openSeries } from "./series.ts";
import { expectedVolume, hearVolumes, volumeDispersion, volumeIn } from "./volumes-kept.ts";
import { beginWatch, isOver, stepWatch, trackFor } from "./watches.ts";

/** Rate of a signal of which nothing is known yet. */
const defaultPrior = 0.05;
/** Versions of one detector at a time: two live ones, two on trial. */
const mostSeries = 4;
/** A partition of made-up tenants must not fill the memory. */
const mostTenants = 2_000;
/** Idle bins after which a cell gives way where a budget is full. */
const shortMemory = 12;

export interface BookOptions {
  readonly rules: RuleSet;
  readonly budgets: Budgets;
}

interface BookState {
  readonly shared: SharedState;
  readonly tenants: Map<string, TenantState>;
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);
const bySlice = (a: TrackState, b: TrackState): number =>
  a.series.signal === b.series.signal
    ? a.slice === b.slice
      ? a.series.index - b.series.index
      : a.slice < b.slice
        ? -1
        : 1
    : a.series.signal < b.series.signal
      ? -1
      : 1;

const stateOf = (track: Track): TrackState => track as TrackState;
const seriesOf = (series: Series): SeriesState => series as SeriesState;

export const createBook = (options: BookOptions): Book =>
  openBook({ shared: createShared(), tenants: new Map() }, options);

/** A book that goes on from the parts of a snapshot. */
export const resumeBook = (parts: ReadonlyMap<string, unknown>, options: BookOptions): Book => {
  const tenants = new Map<string, TenantState>();
  for (const [name, part] of parts) if (name !== sharedPart) tenants.set(name, part as TenantState);
  return openBook({ shared: (parts.get(sharedPart) as SharedState | undefined) ?? createShared(), tenants }, options);
};

export const sharedPart = "~";

const openBook = ({ shared, tenants }: BookState, { rules: givenRules, budgets }: BookOptions): Book => {
  let rules = givenRules;
  let ruleCache = new WeakMap<TrackState, Rule>();
  const finder = createCellFinder(shared, budgets);

  const reject = (reason: string): void => {
    shared.rejected.set(reason, (shared.rejected.get(reason) ?? 0) + 1);
  };

  const tenantOf = (name: string): TenantState | undefined => {
    let found = tenants.get(name);
    if (found === undefined && tenants.size < mostTenants) {
      found = createTenant(name, dimensions.length);
      tenants.set(name, found);
    }
    return found;
  };

  const ruleOf = (track: TrackState): Rule => {
    let rule = ruleCache.get(track);
    if (rule === undefined) {
      rule = ruleFor(rules, { tenant: track.series.tenant, signal: track.series.signal, slice: track.slice });
      // Signals that nothing watches by default need a rule that names them.
      const watched =
        kindOf(track.series.signal)?.watched === true || !rule.signals.every((pattern) => pattern === "*");
      if (!watched) rule = { ...rule, watch: false };
      ruleCache.set(track, rule);
    }
    return rule;
  };

  const priorOf = (signal: string): number => rules.priors[signal] ?? defaultPrior;

  /** The series of a tally; a reason when its version may not be counted. */
  const findSeries = (tenant: TenantState, record: TallyRecord): SeriesState | string => {
    const identity = `${record.detector_id ?? ""}@${record.detector_version}:${record.config_hash}`;
    const shadow = record.shadow === true;
    let live = 0;
    let own = 0;
    for (const series of tenant.series) {
      if (series.signal !== record.signal_type) continue;
      if (series.identity === identity) {
        if (series.shadow === shadow) return series;
        if (!shadow && (shared.announced.has(identity) || live === 0)) {
          series.shadow = false;
          return series;
        }
      }
      own += 1;
      if (!series.shadow) live += 1;
    }
    const isFirst = !tenant.series.some((series) => series.signal === record.signal_type && !series.shadow);
    if (!shadow && !isFirst && !shared.announced.has(identity)) return "unannounced_detector";
    if (own >= mostSeries) {
      const idle = tenant.series.findIndex(
        (series) => series.signal === record.signal_type && series.lastBin < binOf(record.minute) - binsPerDay,
      );
      if (idle < 0) return "too_many_detectors";
      dropSeries(tenant, idle);
    }
    return openSeries(tenant, record, { identity, shadow });
  };

  const takeTally = (record: TallyRecord, appendTs: number): void => {
    const fault = faultOf(record, shared, appendTs);
    if (fault !== undefined) return reject(fault);
    // A measure without a harmful direction has no incidents.
    if (kindOf(record.signal_type)?.harm === null) return;
    const tenant = tenantOf(record.tenant);
    if (tenant === undefined) return reject("too_many_tenants");
    const series = findSeries(tenant, record);
    if (typeof series === "string") return reject(series);
    const cell = finder.find(tenant, record, binOf(record.minute));
    count(record, { shared, series, cell });
  };

  /** Cells and values that were not seen for six hours give way; where a budget is full, those of an hour. */
  const forget = (tenant: TenantState, bin: Bin): void => {
    const full = tenant.cells.size >= budgets.cells;
    for (const [key, cell] of tenant.cells)
      if (cell.lastBin < bin - (full ? shortMemory : storedBins)) tenant.cells.delete(key);
    for (const known of tenant.values) {
      const limit = bin - (known.size >= budgets.slices / 15 ? shortMemory : binsPerDay);
      for (const [value, { lastBin }] of known) if (lastBin < limit) known.delete(value);
    }
    for (const series of tenant.series) forgetTracks(tenant, series, { bin, budgets, shared });
    for (let at = tenant.watches.length - 1; at >= 0; at -= 1) {
      const watch = tenant.watches[at];
      if (watch !== undefined && isOver(watch, bin)) tenant.watches.splice(at, 1);
    }
  };

  const isWatched = (track: TrackState): boolean => !track.series.shadow && ruleOf(track).watch;

  const fromEvidence = (tested: readonly TrackState[]): Candidate[] => {
    const classes = Uint8Array.from(tested, ({ depth }) => depth);
    const found = alarming({
      count: tested.length,
      evidence: Float64Array.from(tested, ({ e }) => e),
      patience: Float64Array.from(tested, (track) => month / ruleOf(track).sensitivity),
      classes,
    });
    return found
      .map((index) => tested[index])
      .filter((track) => track !== undefined)
      .map((track) => ({
        track,
        trigger: "e-sr" as const,
        lnE: Math.log(track.e),
        threshold: month / ruleOf(track).sensitivity,
        p: null,
        changeId: null,
      }));
  };

  const fromWatches = (tenant: TenantState, live: readonly SeriesState[], bin: Bin): Candidate[] => {
    const found: Candidate[] = [];
    for (const watch of tenant.watches)
      for (const series of live) {
        const track = trackFor(series, watch.pairs);
        if (track === null || !isWatched(track)) continue;
        const e = stepWatch(watch, series, {
          bin,
          prior: priorOf(series.signal),
          smallestRatio: ruleOf(track).smallestRatio,
          newest: bin,
        });
        if (e < watch.threshold) continue;
        found.push({
          track,
          trigger: "deploy-watch",
          lnE: Math.log(e),
          threshold: watch.threshold,
          p: null,
          changeId: watch.changeId,
        });
      }
    return found;
  };

  const fromRules = (watched: readonly TrackState[], bin: Bin): Candidate[] =>
    watched.flatMap((track) => {
      const { cusumThreshold, objective } = ruleOf(track);
      const found: Candidate[] = [];
      const plain = { track, lnE: null, p: null, changeId: null };
      if (cusumThreshold !== null && track.cusum >= cusumThreshold)
        found.push({ ...plain, trigger: "cusum", threshold: cusumThreshold });
      if (
        objective !== null &&
        findBurn(objective.rate, (minutes) => countsOver(track, bin, minutes), objective.windows) !== undefined
      )
        found.push({ ...plain, trigger: "burn-rate", threshold: objective.rate });
      return found;
    });

  const closeTenant = (tenant: TenantState, bin: Bin): ClosedTenant => {
    const extraPairs = rules.pairs.map((pair) => pair.split(",").map((part) => part.trim()));
    const named = extraPairs.map(([a = "", b = ""]) => [a, b] as const);
    const slow: TrackState[] = [];
    for (const series of tenant.series) {
      const { root } = series;
      if (root === null) continue;
      const place = (cell: CellState): void => {
        placeCell(cell, { series, root, extraPairs: named, bin, budgets, shared });
      };
      slow.push(...closeSeries(series, { bin, prior: priorOf(series.signal), ruleOf, place }));
    }
    const live = tenant.series.filter(({ shadow }) => !shadow);
    const active: TrackState[] = [];
    for (const series of live)
      for (const track of series.tracks.values())
        if (track.trials > 0 && track.lastTrial > bin - binsPerDay && isWatched(track)) active.push(track);
    const tested = distinct(active);
    const warm = tested.filter((track) => isWarm(track, bin));
    const warming = tested.filter((track) => !isWarm(track, bin) && track.depth < 2 && !track.versioned);
    const candidates: Candidate[] = [
      ...fromWatches(tenant, live, bin),
      ...fromEvidence(warm),
      ...fromWarmUp(warming, bin),
      ...fromRules(warm, bin),
      ...slow.filter(isWatched).map((track) => ({
        track,
        trigger: "sustained" as const,
        lnE: null,
        threshold: null,
        p: null,
        changeId: null,
      })),
    ];
    forget(tenant, bin);
    return {
      tenant: tenant.name,
      candidates: candidates.toSorted((a, b) => bySlice(stateOf(a.track), stateOf(b.track))),
    };
  };

  /** The next bin to close: the oldest with tallies at first, then one after the other. */
  const nextBin = (): Bin => {
    if (!Number.isNaN(shared.closed)) return shared.closed + 1;
    let first = binOf(shared.time);
    for (const tenant of tenants.values())
      for (const series of tenant.series) for (const bin of series.bins.keys()) first = Math.min(first, bin);
    return first;
  };

  const tracksOf = (name: string): TrackState[] => {
    const series = tenants.get(name)?.series.filter(({ shadow }) => !shadow) ?? [];
    return series.flatMap((own) => [...own.tracks.values()]).toSorted(bySlice);
  };

  const standing = (given: Track): Standing => {
    const track = stateOf(given);
    const bin = Number.isNaN(shared.closed) ? track.since : shared.closed;
    const patience = month / ruleOf(track).sensitivity;
    const tested = tracksOf(track.series.tenant).filter(
      (own) => own.lastTrial > bin - binsPerDay && isWatched(own) && isWarm(own, bin),
    );
    const weights = classWeights(
      tested.length,
      tested.map(({ depth }) => depth),
    );
    const weight = weights[track.depth] ?? 0;
    const slot = slotOf(bin);
    const [n, expected] = [track.n[slot] ?? 0, track.expected[slot] ?? 0];
    return {
      baseline:
        track.versioned && n > 0
          ? expected / n
          : Math.min(0.999, rateOf(track, priorOf(track.series.signal)) * factorOf(track, bin)),
      correlation: correlationOf(track),
      warm: isWarm(track, bin),
      trials: baselineTrials(track.baseline, 0),
      since: track.since,
      e: track.e,
      loneThreshold: weight > 0 ? (patience * tested.length) / weight : patience,
      trialsInTwoHours: 24 * trialsPerBin(track, bin),
    };
  };

  return {
    add(record, _offset, appendTs) {
      switch (record.signal_type) {
        case "~progress":
          hearProgress(shared, record);
          hearVolumes(record, tenantOf);
          break;
        case "~tick":
          hearTick(shared, appendTs);
          break;
        case "~control":
          break;
        default:
          takeTally(record, appendTs);
      }
    },
    advance(at) {
      shared.time = Math.max(shared.time, at);
    },
    get time() {
      return shared.time;
    },
    get tickedAt() {
      return shared.tickedAt;
    },
    close() {
      if (!Number.isFinite(shared.time)) return undefined;
      const bin = nextBin();
      if (endOf(bin) > shared.time) return undefined;
      shared.closed = bin;
      const closed = [...tenants.values()].toSorted(byName).map((tenant) => closeTenant(tenant, bin));
      return { bin, tenants: closed };
    },

    get rules() {
      return rules;
    },
    setRules(next) {
      rules = next;
      ruleCache = new WeakMap();
    },
    announce(identities) {
      for (const identity of identities) shared.announced.add(identity);
    },

    tenants: () => [...tenants.keys()].toSorted(),
    tracks: tracksOf,
    findTrack: (tenant, signal, slice) =>
      tenants
        .get(tenant)
        ?.series.filter((series) => series.signal === signal && !series.shadow)
        .map((series) => series.tracks.get(slice))
        .find((track) => track !== undefined),
    standing,
    sums: (series, scope, from, to) => sumsIn(seriesOf(series), scope, from, to),
    bins: (series, scope, from, to) => binsIn(seriesOf(series), scope, from, to),
    users: (series, scope, from, to) => usersIn(seriesOf(series), scope, from, to),
    examples: (series, scope, from, to) => examplesIn(seriesOf(series), scope, from, to),
    cells: (series, scope, from, to) => cellsIn(seriesOf(series), scope, from, to),
    evidenceWithoutHeaviest: (track, scope, from, to) =>
      evidenceWithoutHeaviest(stateOf(track), ruleOf(stateOf(track)).smallestRatio, { scope, from, to }),
    mix: (series, scope, dimension, from, to) => mixIn(seriesOf(series), scope, dimension, { from, to }),
    overlap: (series, a, b, from, to) => overlapIn(seriesOf(series), [a, b], { from, to }),

    reference(track) {
      const { days } = stateOf(track);
      const today = utcDayOf(startOf(shared.closed));
      const sumsOf = (day: number) => {
        const { n, x } = totalOfDay(days, 0, day);
        return { n, x, expected: 0 };
      };
      const quiet = referenceSums(days, today);
      return { rate: quiet.n > 0 ? quiet.x / quiet.n : 0, today: sumsOf(today), yesterday: sumsOf(today - 1) };
    },

    freeze(given, from) {
      const track = stateOf(given);
      track.frozen = true;
      const last = shared.closed;
      for (let bin = Math.max(from, last - storedBins + 1); bin <= last; bin += 1) track.frozenBins[slotOf(bin)] = 1;
      setGrounds(track, true);
    },
    thaw(given) {
      stateOf(given).frozen = false;
      setGrounds(stateOf(given), false);
    },
    restart: (track) => restart(stateOf(track)),
    newLevel: (track) => newLevel(stateOf(track), shared.closed),

    watch(name, changeId, scope, at) {
      const tenant = tenantOf(name);
      if (tenant === undefined) return;
      const live = tenant.series.filter(({ shadow }) => !shadow);
      const watched = live.filter(
        ({ root, lastBin }) => root !== null && isWatched(root) && lastBin > binOf(at) - binsPerDay,
      );
      const signals = new Set(watched.map(({ signal }) => signal));
      const watch = beginWatch(tenant, { changeId, pairs: scope, at, watched: signals.size });
      for (let bin = watch.from; bin <= shared.closed; bin += 1)
        for (const series of live) {
          const track = trackFor(series, watch.pairs);
          if (track === null || !isWatched(track)) continue;
          stepWatch(watch, series, {
            bin,
            prior: priorOf(series.signal),
            smallestRatio: ruleOf(track).smallestRatio,
            newest: shared.closed,
          });
        }
    },

    volume: (name, feature, from, to) => {
      const tenant = tenants.get(name);
      return tenant === undefined ? 0 : volumeIn(tenant, feature, from, to);
    },
    features: (name) => [...(tenants.get(name)?.volumes.keys() ?? [])].filter((feature) => feature !== "*").toSorted(),
    expectedVolume: (name, feature, from, to) => {
      const tenant = tenants.get(name);
      return tenant === undefined ? undefined : expectedVolume(tenant, feature, from, to);
    },
    volumeDispersion: (name, feature, to) => {
      const tenant = tenants.get(name);
      return tenant === undefined ? 1 : volumeDispersion(tenant, feature, to);
    },
    expectedTrials: (track, from, to) => expectedTrials(stateOf(track), from, to),

    meters() {
      let [slices, cells, warming] = [0, 0, 0];
      for (const tenant of tenants.values()) {
        cells += tenant.cells.size;
        for (const series of tenant.series) {
          slices += series.tracks.size;
          if (!series.shadow)
            for (const track of series.tracks.values())
              if (isWatched(track) && !isWarm(track, shared.closed)) warming += 1;
        }
      }
      return { rejected: shared.rejected, slices, cells, folded: shared.folded, warming, tracks: slices };
    },
    snapshot: () => new Map<string, unknown>([[sharedPart, shared], ...tenants]),
  };
};

const setGrounds = (track: TrackState, frozen: boolean): void => {
  for (const ground of track.series.grounds.values()) {
    const inside = track.pairs.every(
      ([dimension, value]) =>
        ground.pairs.some(([own, other]) => own === dimension && other === value) ||
        !ground.pairs.some(([own]) => own === dimension),
    );
    if (inside) ground.frozen = frozen;
  }
};

const referenceSums = (days: Float64Array, today: number): { readonly n: number; readonly x: number } => {
  let [n, x] = [0, 0];
  for (const day of referenceDays(days, 0, today)) {
    n += day.n;
    x += day.x;
  }
  return { n, x };
};

/** Trials of the same clock hours in the last week, their share for so many bins; undefined before a day. */
const expectedTrials = (track: TrackState, from: Bin, to: Bin): number | undefined => {
  const { hours, since } = track;
  if (hours === null || to - since < binsPerDay + 12) return undefined;
  let total = 0;
  for (let bin = from; bin <= to; bin += 1) {
    const counts: number[] = [];
    for (let back = 1; back < 7; back += 1) {
      const then = bin - back * binsPerDay;
      // The hour in which it began to be seen was not seen whole.
      if (then - 12 <= since) break;
      counts.push(hours[hourOfWeek(startOf(then))] ?? 0);
    }
    if (counts.length === 0) return undefined;
    const sorted = counts.toSorted((a, b) => a - b);
    total += (sorted[(sorted.length - 1) >> 1] ?? 0) / 12;
  }
  return total;
};
