// What the counting half remembers, as plain data: it is serialised as it stands, one object graph per tenant.
import type { EventTime, Millis } from "#core/time.ts";
import { minute } from "#core/time.ts";
import { baselineWidth, seasonWidth } from "./baseline.ts";
import type { Bin } from "./book-port.ts";
import { daysWidth } from "./days.ts";
import type { Pairs } from "./dimensions.ts";
import { type Direction, evidenceWidth } from "./e-process.ts";

export const binLength: Millis = 5 * minute;
/** A tally may be corrected so long after its bin ended. */
export const grace: Millis = 10 * minute;
/** Six hours: what onset, scan and windows may look at. */
export const storedBins = 72;
/** Ring of a track: the stored bins and room for the next. */
export const ringSize = 80;
export const binsPerDay = 288;
const hoursKept = 168;

export const binOf = (at: EventTime): Bin => Math.floor(at / binLength);
export const startOf = (bin: Bin): EventTime => bin * binLength;
export const endOf = (bin: Bin): EventTime => (bin + 1) * binLength;
export const slotOf = (bin: Bin): number => bin % ringSize;

/** Expected counts are sums of these parts, so that a sum is exact whatever its order. */
const exactness = 2 ** 20;
export const exact = (value: number): number => Math.round(value * exactness) / exactness;

/** One minute of one source partition, as its newest tally had it. */
export interface Part {
  readonly minute: EventTime;
  readonly source: number;
  incarnation: number;
  stamp: number;
  n: number;
  x: number;
  /** Sketch; a plain number of users (offline twin); null: not told. */
  users: Uint8Array | number | null;
  examples: string | null;
}

/** One cell in one bin. */
export interface CellBin {
  n: number;
  x: number;
  /** n·p̂ of the cell's ground when the bin closed. */
  expected: number;
  /** Until the grace is over. */
  parts: Part[];
}

/** What is most specific of a cell without its versions: has a rate of its own, which a new version is measured by. */
export interface Ground {
  readonly pairs: Pairs;
  readonly state: Float64Array;
  /** Of the last fold. */
  foldedBin: Bin;
  home: TrackState;
  frozen: boolean;
}

export interface SeriesCell {
  /** Every tracked slice that holds the cell, `*` first. */
  readonly tracks: TrackState[];
  readonly ground: Ground;
}

export interface CellState {
  readonly key: string;
  /** Per dimension. */
  readonly values: readonly (string | null)[];
  /** By `SeriesState.index`. */
  readonly of: (SeriesCell | undefined)[];
  lastBin: Bin;
}

export interface TrackState {
  readonly series: SeriesState;
  readonly slice: string;
  readonly pairs: Pairs;
  readonly parent: TrackState | null;
  /** Has a version among its pairs: expected from grounds, not from its own past. */
  readonly versioned: boolean;
  /** 0 everything, 1 one pair, 2 more. */
  readonly depth: number;
  readonly n: Float64Array;
  readonly x: Float64Array;
  readonly expected: Float64Array;
  readonly frozenBins: Uint8Array;
  readonly baseline: Float64Array;
  readonly evidence: Float64Array;
  readonly days: Float64Array;
  /** Only where it is learned: `*` and single non-versions. */
  readonly season: Float64Array | null;
  /** Trials per hour of the last week, likewise. */
  readonly hours: Float64Array | null;
  since: Bin;
  lastTrial: Bin;
  frozen: boolean;
  /** Bins running in which it stood above its threshold without an incident. */
  alarmedFor: number;
  e: number;
  cusum: number;
  /** Days running that speak for a slow rise. */
  run: number;
  /** Fingerprint of all counts since its first: slices of the same cells have the same. */
  print: number;
  trials: number;
}

export interface SeriesState {
  readonly tenant: string;
  readonly signal: string;
  readonly direction: Direction;
  readonly identity: string;
  readonly index: number;
  shadow: boolean;
  lastBin: Bin;
  readonly root: TrackState | null;
  readonly tracks: Map<string, TrackState>;
  readonly grounds: Map<string, Ground>;
  /** The last 72 bins and those not yet closed. */
  readonly bins: Map<Bin, Map<CellState, CellBin>>;
}

export interface WatchState {
  readonly changeId: string;
  readonly pairs: Pairs;
  readonly from: Bin;
  readonly threshold: number;
  /** Per series index: evidence and the rate at the change, NaN while unknown. */
  readonly of: Map<number, { readonly evidence: Float64Array; rate: number }>;
}

export interface FeatureVolume {
  /** Accepted events per bin of the last week. */
  readonly counts: Float64Array;
  since: Bin;
  lastBin: Bin;
}

export interface TenantState {
  readonly name: string;
  readonly cells: Map<string, CellState>;
  /** Per dimension: values kept apart, with their last bin and trials of late. */
  readonly values: readonly Map<string, { lastBin: Bin; trials: number }>[];
  readonly series: SeriesState[];
  readonly watches: WatchState[];
  /** Times of changes in the last 28 days. */
  changes: EventTime[];
  readonly volumes: Map<string, FeatureVolume>;
}

/** What all tenants of the partition share. */
export interface SharedState {
  time: EventTime;
  tickedAt: EventTime;
  newest: EventTime;
  /** Newest bin closed; NaN: none yet. */
  closed: Bin;
  incarnation: number;
  sources: number;
  readonly watermarks: Map<number, EventTime>;
  readonly announced: Set<string>;
  readonly rejected: Map<string, number>;
  folded: number;
}

export const createShared = (): SharedState => ({
  time: Number.NEGATIVE_INFINITY,
  tickedAt: Number.NEGATIVE_INFINITY,
  newest: Number.NEGATIVE_INFINITY,
  closed: Number.NaN,
  incarnation: 0,
  sources: 0,
  watermarks: new Map(),
  announced: new Set(),
  rejected: new Map(),
  folded: 0,
});

interface TrackOptions {
  readonly series: SeriesState;
  readonly slice: string;
  readonly pairs: Pairs;
  readonly parent: TrackState | null;
  readonly versioned: boolean;
  readonly bin: Bin;
}

export const createTrack = ({ series, slice, pairs, parent, versioned, bin }: TrackOptions): TrackState => {
  const broad = pairs.length < 2 && !versioned;
  return {
    series,
    slice,
    pairs,
    parent,
    versioned,
    depth: Math.min(2, pairs.length),
    n: new Float64Array(ringSize),
    x: new Float64Array(ringSize),
    expected: new Float64Array(ringSize),
    frozenBins: new Uint8Array(ringSize),
    baseline: new Float64Array(baselineWidth),
    evidence: new Float64Array(evidenceWidth),
    days: new Float64Array(daysWidth),
    season: broad ? new Float64Array(seasonWidth) : null,
    hours: broad ? new Float64Array(hoursKept) : null,
    since: bin,
    lastTrial: bin,
    frozen: false,
    alarmedFor: 0,
    e: 0,
    cusum: 0,
    run: 0,
    print: 0,
    trials: 0,
  };
};

export const createTenant = (name: string, dimensionCount: number): TenantState => ({
  name,
  cells: new Map(),
  values: Array.from({ length: dimensionCount }, () => new Map<string, { lastBin: Bin; trials: number }>()),
  series: [],
  watches: [],
  changes: [],
  volumes: new Map(),
});
