// The counting half of the alert fold: one partition of tallies in, what is known of every slice at the end of each bin out.
import { quickHash } from "#core/ids.ts";
import { type EventTime, minute } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { AlertMeters } from "./alert-port.ts";
import { createAnswers } from "./answers.ts";
import { binLength } from "./bins.ts";
import type { Bin, Book, ClosedTenant } from "./book-port.ts";
import { type Budget } from "./budget.ts";
import { type ClockState, createClockState, hearProgress, incarnationOf, raiseTime } from "./clock.ts";
import { closeBin, grace, regroup } from "./close-bin.ts";
import { createDerived } from "./derived.ts";
import { dimensions } from "./dimensions.ts";
import { faultOf, kindOf, type RejectReason, seriesOf } from "./intake.ts";
import { isOfRaw, keyOf, type Places, rawOf, reducedValues } from "./places.ts";
import { createRows, putRow, type Rows } from "./rows.ts";
import type { RuleSet } from "./rules.ts";
import type { SeriesState } from "./series.ts";
import { createTenant, type TenantState } from "./tenant.ts";
import { readPairs, readValue, type Values } from "./values.ts";
import { expectedVolume, hearVolumes, mostVolume, volumeDispersion, volumeIn } from "./volumes-kept.ts";
import { startWatch } from "./watches.ts";

/** What tenants share. Plain data. */
interface Shared {
  readonly clock: ClockState;
  readonly announced: Set<string>;
  readonly rejected: Map<string, number>;
  /** The next bin to close; undefined before anything was heard. */
  next: Bin | undefined;
  /** Whether a bin was closed: none before it is any more. */
  started: boolean;
}

const createShared = (): Shared => ({
  clock: createClockState(),
  announced: new Set(),
  rejected: new Map(),
  next: undefined,
  started: false,
});

/** Key of the part that tenants share; no tenant is called so. */
export const sharedPart = "~";

/** A tally may be so far ahead of everything else: clocks of source partitions differ. */
const tolerance = 10 * minute;
/** Bins that are closed in a row when time leaps; what lies further back is not judged. */
const longestLeap = 8_064;
/** Tuples kept apart beyond the budget of cells until their bin closes, when the least active are folded. */
const rawsBeyondBudget = 20_000;
/** Tuples of a feature alone, when there are even more. */
const featuresBeyondBudget = 1_000;
const overflowRows = 2 ** 31;
const minutesPerBin = 5;

export interface BookOptions {
  readonly rules: RuleSet;
  /** Per tenant, over all its signals. */
  readonly budgets: Budget;
}

/** The last tally of a tenant and signal: the next one is nearly always of the same series. */
interface Recent {
  readonly record: TallyRecord;
  readonly series: SeriesState;
}

const hasSameVersion = (a: TallyRecord, b: TallyRecord): boolean =>
  a.detector_version === b.detector_version &&
  a.config_hash === b.config_hash &&
  a.detector_id === b.detector_id &&
  a.shadow === b.shadow;

const hasSameValues = (a: TallyRecord, b: TallyRecord): boolean =>
  a.feature === b.feature &&
  a.segment === b.segment &&
  a.tier === b.tier &&
  a.device === b.device &&
  a.locale === b.locale &&
  a.app_version === b.app_version &&
  a.utc_offset_min === b.utc_offset_min &&
  a.prompt_name === b.prompt_name &&
  a.prompt_version === b.prompt_version &&
  a.model === b.model &&
  a.model_version === b.model_version &&
  a.release === b.release;

const valuesOf = (record: TallyRecord): Values => dimensions.map((dimension) => readValue(record[dimension]));

/** Number of the tuple that counts for one without room: its feature's, or one of no value at all. */
const reducedRaw = (places: Places, values: Values, bin: Bin, room: number): number => {
  const [ofFeature, ofNone] = [reducedValues(values, true), reducedValues(values, false)];
  return (
    rawOf(places, { key: keyOf(ofFeature), values: ofFeature, offset: null }, bin, room + featuresBeyondBudget) ??
    rawOf(places, { key: keyOf(ofNone), values: ofNone, offset: null }, bin, Number.POSITIVE_INFINITY) ??
    -1
  );
};

const rowsOf = (series: SeriesState, bin: Bin, partition: number): Rows => {
  let parts = series.rows.get(bin);
  if (parts === undefined) series.rows.set(bin, (parts = new Map()));
  let rows = parts.get(partition);
  if (rows === undefined) parts.set(partition, (rows = createRows()));
  return rows;
};

/** Whether a name can be a tenant's: the others stand for nobody, what is shared, and all. */
const isTenant = (name: string): boolean => name !== "" && name !== sharedPart && name !== "*";

const nobody = { volumes: new Map() };

interface BookParts {
  readonly shared: Shared;
  readonly tenants: Map<string, TenantState>;
  readonly budgets: Budget;
  readonly rules: RuleSet;
}

const open = ({ shared, tenants, budgets, rules: given }: BookParts): Book => {
  const { clock, announced, rejected } = shared;
  const derived = createDerived();
  let rules = given;
  let pairs = readPairs(rules.pairs);

  /** Of the tenant of the last tally; nothing here outlives the closing of a bin. */
  let tenant: TenantState | undefined;
  let recent = new Map<string, Recent>();
  let last: TallyRecord | undefined;
  let lastRaw = -1;
  let lastSlot = -1;

  const forgetLast = (): void => {
    tenant = undefined;
    recent = new Map();
    last = undefined;
    lastRaw = -1;
  };

  const reject = (reason: RejectReason): void => void rejected.set(reason, (rejected.get(reason) ?? 0) + 1);

  const tenantOf = (name: string): TenantState => {
    if (tenant?.name === name) return tenant;
    forgetLast();
    tenant = tenants.get(name);
    if (tenant === undefined) tenants.set(name, (tenant = createTenant(name)));
    return tenant;
  };

  /** Finds the tuple of a tally; one that there is no room for counts for its feature or for everything, yet by an identity of its own. */
  const locate = ({ places }: TenantState, record: TallyRecord, bin: Bin): void => {
    if (last !== undefined && hasSameValues(last, record)) return;
    last = record;
    // Minute by minute the tuples come in the same order.
    const following = places.raws[lastRaw + 1] ?? null;
    if (following !== null && isOfRaw(following, record)) {
      lastRaw += 1;
      lastSlot = lastRaw;
      return;
    }
    const values = valuesOf(record);
    const offset = record.utc_offset_min;
    const key = `${keyOf(values)}${offset ?? ""}`;
    const room = budgets.cells + rawsBeyondBudget;
    const raw = rawOf(places, { key, values, offset }, bin, room);
    lastSlot = raw ?? overflowRows + quickHash(key);
    lastRaw = raw ?? reducedRaw(places, values, bin, room);
  };

  const findSeries = (own: TenantState, record: TallyRecord): SeriesState | undefined => {
    const known = recent.get(record.signal_type);
    if (known !== undefined && hasSameVersion(known.record, record)) return known.series;
    const kind = kindOf(record.signal_type);
    const series = kind === undefined ? undefined : seriesOf(own, record, kind, announced);
    if (series !== undefined) recent.set(record.signal_type, { record, series });
    return series;
  };

  /**
   * Whether a moment lies ahead of what its own append time and every watermark say. The append time is the one clock that is there
   * with and without progress: after a quiet night the first tallies come before the progress that reaches them.
   */
  const isAhead = (at: EventTime, appendTs: number): boolean => {
    const known = Math.max(clock.newest, clock.time, appendTs > 0 ? appendTs : Number.NEGATIVE_INFINITY);
    return Number.isFinite(known) && at > known;
  };

  const addTally = (record: TallyRecord, appendTs: number): void => {
    const fault = faultOf(record);
    if (fault !== undefined) return reject(fault);
    const kind = kindOf(record.signal_type);
    if (kind === undefined) return reject("unknown_signal");
    if (!isTenant(record.tenant)) return reject("malformed");
    // Nothing is decided on a measure without direction.
    if (kind.harm === null) return;
    const bin = Math.floor(record.minute / binLength);
    if (isAhead(record.minute - tolerance, appendTs)) return reject("future_minute");
    if ((bin + 1) * binLength + grace <= clock.time) return reject("too_late");
    const own = tenantOf(record.tenant);
    const series = findSeries(own, record);
    if (series === undefined) return reject("unannounced_detector");
    locate(own, record, bin);
    const { source_partition: partition } = record;
    const incarnation = record.incarnation ?? incarnationOf(clock, partition);
    const slot = lastSlot * minutesPerBin + (Math.floor(record.minute / minute) % minutesPerBin);
    if (!putRow(rowsOf(series, bin, partition), slot, lastRaw, incarnation, record)) return reject("over_budget");
    if (shared.next === undefined || (bin < shared.next && !shared.started)) shared.next = bin;
  };

  const addProgress = (record: TallyRecord): void => {
    // A detector on trial reads the same events: its progress says nothing more.
    if (record.shadow === true) return;
    const heard = hearProgress(clock, record);
    if (heard === "malformed") return reject("malformed_progress");
    if (heard === "repeat") return;
    hearVolumes(record, (name) => (isTenant(name) ? tenantOf(name) : undefined));
  };

  const answers = createAnswers({ tenants, derived, rules: () => rules, next: () => shared.next ?? 0 });

  /** Bins are counted from the first that was heard of. */
  const begin = (): void => {
    if (shared.next === undefined && Number.isFinite(clock.time)) shared.next = Math.floor(clock.time / binLength);
  };

  const tenantsInOrder = (): readonly TenantState[] =>
    [...tenants].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state);

  const closeTenant = (own: TenantState, bin: Bin): ClosedTenant => ({
    tenant: own.name,
    candidates: closeBin(own, { bin, time: clock.time, rules, pairs, budget: budgets, derived }),
  });

  return {
    ...answers,
    get time() {
      return clock.time;
    },
    get tickedAt() {
      return clock.tickedAt;
    },
    get rules() {
      return rules;
    },
    add(record, _offset, appendTs) {
      switch (record.signal_type) {
        case "~progress":
          addProgress(record);
          return begin();
        case "~tick":
          clock.tickedAt = Math.max(clock.tickedAt, appendTs);
          return;
        case "~control":
          return;
        default:
          return addTally(record, appendTs);
      }
    },
    advance(at) {
      if (Number.isFinite(at)) raiseTime(clock, at);
      begin();
    },
    close() {
      const { next } = shared;
      if (next === undefined || (next + 1) * binLength > clock.time) return undefined;
      const bin = Math.max(next, Math.floor(clock.time / binLength) - longestLeap);
      shared.next = bin + 1;
      shared.started = true;
      forgetLast();
      return { bin, tenants: tenantsInOrder().map((own) => closeTenant(own, bin)) };
    },
    setRules(next) {
      const isSame = next.pairs.join(";") === rules.pairs.join(";");
      rules = next;
      if (isSame) return;
      pairs = readPairs(rules.pairs);
      for (const own of tenantsInOrder()) regroup(own, { bin: shared.next ?? 0, pairs, budget: budgets });
    },
    announce(identities) {
      for (const identity of identities) announced.add(identity);
      forgetLast();
    },
    tenants: () => tenantsInOrder().map(({ name }) => name),
    watch(name, changeId, scope, at) {
      const own = tenants.get(name);
      if (own !== undefined) startWatch(own, { changeId, scope, at, next: shared.next ?? 0 });
    },
    volume: (name, feature, from, to) => volumeIn(tenants.get(name) ?? nobody, feature, from, to),
    features: (name) => [...(tenants.get(name)?.volumes.keys() ?? [])].filter((feature) => feature !== "*").toSorted(),
    expectedVolume: (name, feature, from, to) => expectedVolume(tenants.get(name) ?? nobody, feature, from, to),
    mostVolume: (name, feature) => mostVolume(tenants.get(name) ?? nobody, feature),
    volumeDispersion: (name, feature, to) => volumeDispersion(tenants.get(name) ?? nobody, feature, to),
    meters: (): AlertMeters => {
      const all = [...tenants.values()];
      const sum = (of: (own: TenantState) => number): number => all.reduce((total, own) => total + of(own), 0);
      return {
        rejected,
        slices: sum(({ places }) => places.sliceIds.size),
        cells: sum(({ places }) => places.cellIds.size),
        folded: sum(({ places }) => places.folded),
        warming: sum(({ warming }) => warming),
        tracks: sum(({ company, warming }) => company + warming),
      };
    },
    snapshot: () => new Map<string, unknown>([...tenants, [sharedPart, shared]]),
  };
};

/** A book that has seen nothing. */
export const createBook = (options: BookOptions): Book => resumeBook(new Map(), options);

/** A book that goes on from the parts of a snapshot, which it makes its own. */
export const resumeBook = (parts: ReadonlyMap<string, unknown>, { rules, budgets }: BookOptions): Book => {
  const shared = (parts.get(sharedPart) as Shared | undefined) ?? createShared();
  const tenants = new Map<string, TenantState>();
  for (const [name, part] of parts) if (name !== sharedPart) tenants.set(name, part as TenantState);
  return open({ shared, tenants, budgets, rules });
};
