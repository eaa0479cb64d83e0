// What happens when a bin of a tenant closes: rows are summed, places settled, slices learn, evidence is judged.
import { minute } from "#core/time.ts";
import { binLength, binsPerDay, storedBins } from "./bins.ts";
import type { Bin, Candidate } from "./book-port.ts";
import { type Budget, enforceBudget, type Folding, forgetQuiet, forgetRaws, freeNumbers, settle } from "./budget.ts";
import type { Derived } from "./derived.ts";
import { type Judged, judge } from "./judge.ts";
import { correctRates, learn, writeBin } from "./learn.ts";
import { addActivity, type DimensionPairs, rebuildSlices } from "./places.ts";
import type { RuleSet } from "./rules.ts";
import { type ClosedBin, followFolding, isFrozen, makeRoom, rehash, type SeriesState } from "./series.ts";
import { addRawTrials, sumBin } from "./sum.ts";
import { seriesInOrder, type TenantState } from "./tenant.ts";
import { stepWatches } from "./watches.ts";

/** How long after its end a bin can be corrected. */
export const grace = 10 * minute;

/** Rates of a signal in which nothing has been seen yet. */
const priors = { rise: 0.05, fall: 0.3 } as const;

export interface Closing {
  readonly bin: Bin;
  /** Alerter time: bins that can no longer be corrected by then are final. */
  readonly time: number;
  readonly rules: RuleSet;
  readonly pairs: DimensionPairs;
  readonly budget: Budget;
  readonly derived: Derived;
}

const isHeld =
  ({ series }: TenantState, bin: Bin) =>
  (slice: number): boolean =>
    [...series.values()].some((state) => isFrozen(state, slice, bin));

const follow = (tenant: TenantState, folding: Folding | undefined): void => {
  if (folding === undefined) return;
  const { places, series } = tenant;
  for (const state of series.values()) {
    makeRoom(state, places);
    followFolding(state, folding);
    rehash(state, places.cells);
  }
  freeNumbers(places, folding);
};

/** Gives new tuples of the bins that changed their cells, counts who was active, and folds what is too much. */
const settlePlaces = (tenant: TenantState, { bin, pairs, budget }: Closing): void => {
  const { places, series } = tenant;
  const size = places.raws.length;
  const [trials, active, late, seen] = [
    new Float64Array(size),
    new Uint8Array(size),
    new Float64Array(size),
    new Uint8Array(size),
  ];
  for (const { rows } of series.values()) {
    for (const [own, parts] of rows) {
      if (own === bin) addRawTrials(parts.values(), trials, active);
      else if (own < bin) addRawTrials(parts.values(), late, seen);
    }
  }
  const isSeen = (id: number): boolean => active[id] === 1 || seen[id] === 1;
  settle(places, (id) => (isSeen(id) ? (trials[id] ?? 0) : undefined), pairs, budget.slices);
  const byCell = new Float64Array(places.cells.length);
  for (const [id, raw] of places.raws.entries()) {
    if (raw === null || active[id] !== 1) continue;
    raw.last = bin;
    byCell[raw.cell] = (byCell[raw.cell] ?? 0) + (trials[id] ?? 0);
  }
  addActivity(places, bin, byCell);
  follow(tenant, enforceBudget(places, budget, pairs, isHeld(tenant, bin)));
};

const emptyBin = (tenant: TenantState, state: SeriesState, bin: Bin): ClosedBin =>
  sumBin([], tenant.places, state, bin);

/** Late tallies of bins that were decided: they reach the rings and, an hour later, the baselines. */
const correctBins = (tenant: TenantState, state: SeriesState, bin: Bin): void => {
  const { places } = tenant;
  for (const [own, parts] of [...state.rows].toSorted(([a], [b]) => a - b)) {
    if (own >= bin || ![...parts.values()].some(({ changed }) => changed)) continue;
    const before = state.closed.get(own) ?? emptyBin(tenant, state, own);
    const after = sumBin(parts.values(), places, state, own);
    writeBin(state, places, after);
    correctRates(state, places, before, after);
    for (const part of parts.values()) part.changed = false;
  }
};

const closeSeries = (tenant: TenantState, state: SeriesState, closing: Closing): Judged => {
  const { places } = tenant;
  const { bin, rules, derived } = closing;
  correctBins(tenant, state, bin);
  const parts = state.rows.get(bin);
  const closed = sumBin(parts?.values() ?? [], places, state, bin);
  writeBin(state, places, closed);
  for (const part of parts?.values() ?? []) part.changed = false;
  const { direction, signal } = state.series;
  const order = derived.order(places);
  const versions = learn(state, places, order, { closed, prior: rules.priors[signal] ?? priors[direction] });
  return {
    state,
    order,
    versions,
    rules: derived.rules(state, places, rules),
    distinct: derived.distinct(state, places),
    trackOf: (slice) => derived.track(state, places, slice),
  };
};

/** Lets go of what no longer counts. */
const forget = (tenant: TenantState, { bin, time, budget, pairs }: Closing): void => {
  for (const state of tenant.series.values()) {
    for (const own of state.rows.keys())
      if (own <= bin && (own + 1) * binLength + grace <= time) state.rows.delete(own);
    state.closed.delete(bin - storedBins - 3);
  }
  forgetRaws(tenant.places, bin, budget.cells);
  if (bin % binsPerDay !== 0) return;
  const before = tenant.places.folded;
  follow(tenant, forgetQuiet(tenant.places, bin, isHeld(tenant, bin)));
  forgetVersions(tenant, bin);
  if (before > 0) regroup(tenant, { bin, pairs, budget });
};

/** Gives cells their slices anew, within the budget. */
export const regroup = (
  tenant: TenantState,
  { bin, pairs, budget }: Pick<Closing, "bin" | "pairs" | "budget">,
): void => {
  const { places, series } = tenant;
  rebuildSlices(places, pairs);
  for (const state of series.values()) {
    makeRoom(state, places);
    rehash(state, places.cells);
  }
  follow(tenant, enforceBudget(places, budget, pairs, isHeld(tenant, bin)));
};

/** A detector version that is silent for so long is over. */
const versionAge = 7 * binsPerDay;
/** The last one of its signal is remembered as long as its month. */
const signalAge = 35 * binsPerDay;

const forgetVersions = ({ series }: TenantState, bin: Bin): void => {
  for (const [key, state] of series) {
    const silent = bin - Math.max(state.first, state.last);
    const isReplaced = [...series.values()].some(
      (version) => version.series.signal === state.series.signal && version.last > state.last,
    );
    if (state.last >= 0 && silent > (isReplaced ? versionAge : signalAge)) series.delete(key);
  }
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const compareCandidates = (a: Candidate, b: Candidate): number =>
  compareText(a.track.series.signal, b.track.series.signal) ||
  compareText(a.track.slice, b.track.slice) ||
  compareText(a.track.series.identity, b.track.series.identity) ||
  compareText(a.trigger, b.trigger) ||
  compareText(a.changeId ?? "", b.changeId ?? "");

/** Decides one bin of one tenant, once; candidates in order of signal and slice. */
export const closeBin = (tenant: TenantState, closing: Closing): readonly Candidate[] => {
  const { bin, rules } = closing;
  settlePlaces(tenant, closing);
  const all = seriesInOrder(tenant).map((state) => closeSeries(tenant, state, closing));
  const live = all.filter(({ state }) => !state.shadow);
  const { candidates, company, weights, warming } = judge(live, tenant.places, bin);
  tenant.company = company;
  tenant.weights = weights;
  tenant.warming = warming;
  const watched = stepWatches(tenant, live, rules, bin);
  forget(tenant, closing);
  return [...candidates, ...watched].toSorted(compareCandidates);
};
