// What is stored of one series: six hours of bins per slice and cell, and what each slice has learned. Plain data.

import { baselineWidth, seasonWidth } from "./baseline.ts";
import type { Bin, Series } from "./book-port.ts";
import type { Folding } from "./budget.ts";
import { daysWidth } from "./days.ts";
import { evidenceWidth } from "./e-process.ts";
import type { Cell, Places } from "./places.ts";
import type { Rows } from "./rows.ts";
import type { Run } from "./sustained.ts";

/** Room for the bins that can still be corrected. */
const ringBins = 76;

/** One closed bin, an entry per cell with trials; columns of equal length. */
export interface ClosedBin {
  readonly bin: Bin;
  readonly cells: Int32Array;
  readonly n: Float64Array;
  readonly x: Float64Array;
  /** p̂ of the cell's most specific slice when the bin closed. */
  readonly rate: Float64Array;
  /** Harmful trials whose users are not known. */
  readonly unknown: Float64Array;
  /** Sketches one after another; entry i's begins at `sketchAt[i]`. */
  readonly sketches: Uint8Array;
  readonly sketchAt: Int32Array;
  /** Entry → lists of response ids as JSON. */
  readonly examples: Map<number, readonly string[]>;
}

/** Per clock hour: decayed bins and trials. */
export const clockWidth = 48;

/** Kept only for slices that have a past of their own, and enough trials to be compared with it. */
export interface Past {
  readonly days: Float64Array;
  /** Null: the hours are those of the slice above, as for pairs, most of which have too few trials an hour of the week. */
  readonly season: Float64Array | null;
  /** Days running that spoke for a slow rise. */
  run: Run;
}

export interface SeriesState {
  readonly series: Series;
  shadow: boolean;
  /** Whether trials that did not fire are the harmful ones. */
  readonly unfired: boolean;
  /** When its first trial was closed. */
  first: Bin;
  last: Bin;
  /** Open and correctable bins. */
  readonly rows: Map<Bin, Map<number, Rows>>;
  readonly closed: Map<Bin, ClosedBin>;
  capacity: number;
  /** Rings, `ringBins` per slice. */
  n: Float64Array;
  x: Float64Array;
  /** p̂ with the hour's factor, of each bin. */
  rate: Float64Array;
  base: Float64Array;
  evidence: Float64Array;
  clock: Float64Array;
  cusum: Float64Array;
  /** First and last bin with a trial, -1: none. */
  since: Float64Array;
  seen: Float64Array;
  /** p̂ now, without and with the hour's factor. */
  plain: Float64Array;
  now: Float64Array;
  warm: Uint8Array;
  /** Bins from … to (not included) that do not reach the baseline; -1: none. */
  frozenFrom: Float64Array;
  frozenTo: Float64Array;
  /** Sums of the hashes of its cells. */
  hashA: Int32Array;
  hashB: Int32Array;
  /** Rises when they change. */
  sets: number;
  past: (Past | null)[];
  /** Per cell: whether it belongs to the series. */
  cellSeen: Uint8Array;
  /** Per ground: decayed fired and trials. */
  groundBase: Float64Array;
  /** Bins running in which a slice stood above its threshold without an incident. */
  alarmedFor: Float64Array;
}

export const createSeries = (series: Series, shadow: boolean, unfired: boolean): SeriesState => ({
  series,
  shadow,
  unfired,
  first: -1,
  last: -1,
  rows: new Map(),
  closed: new Map(),
  capacity: 0,
  n: new Float64Array(),
  x: new Float64Array(),
  rate: new Float64Array(),
  base: new Float64Array(),
  evidence: new Float64Array(),
  clock: new Float64Array(),
  cusum: new Float64Array(),
  since: new Float64Array(),
  seen: new Float64Array(),
  plain: new Float64Array(),
  now: new Float64Array(),
  warm: new Uint8Array(),
  frozenFrom: new Float64Array(),
  frozenTo: new Float64Array(),
  hashA: new Int32Array(),
  hashB: new Int32Array(),
  sets: 0,
  past: [],
  cellSeen: new Uint8Array(),
  groundBase: new Float64Array(),
  alarmedFor: new Float64Array(),
});

/** Place of a bin in a slice's ring. */
export const ringAt = (slice: number, bin: Bin): number => slice * ringBins + (bin % ringBins);

const grownFloats = (old: Float64Array, length: number, fill = 0): Float64Array => {
  const grown = new Float64Array(length);
  if (fill !== 0) grown.fill(fill, old.length);
  grown.set(old);
  return grown;
};

const grownBytes = (old: Uint8Array, length: number): Uint8Array => {
  const grown = new Uint8Array(length);
  grown.set(old);
  return grown;
};

const grownInts = (old: Int32Array, length: number): Int32Array => {
  const grown = new Int32Array(length);
  grown.set(old);
  return grown;
};

/** Room for all slices, cells and grounds: more than is asked for, for they come one by one. */
export const makeRoom = (state: SeriesState, { slices, cells, grounds }: Places): void => {
  if (cells.length > state.cellSeen.length)
    state.cellSeen = grownBytes(state.cellSeen, Math.max(cells.length, 2 * state.cellSeen.length));
  if (2 * grounds.length > state.groundBase.length)
    state.groundBase = grownFloats(state.groundBase, Math.max(2 * grounds.length, 2 * state.groundBase.length));
  if (slices.length <= state.capacity) return;
  const length = Math.max(slices.length, Math.ceil(1.5 * state.capacity));
  state.n = grownFloats(state.n, length * ringBins);
  state.x = grownFloats(state.x, length * ringBins);
  state.rate = grownFloats(state.rate, length * ringBins);
  state.base = grownFloats(state.base, length * baselineWidth);
  state.evidence = grownFloats(state.evidence, length * evidenceWidth);
  state.clock = grownFloats(state.clock, length * clockWidth);
  state.cusum = grownFloats(state.cusum, length);
  state.since = grownFloats(state.since, length, -1);
  state.seen = grownFloats(state.seen, length, -1);
  state.plain = grownFloats(state.plain, length);
  state.now = grownFloats(state.now, length);
  state.alarmedFor = grownFloats(state.alarmedFor, length);
  state.warm = grownBytes(state.warm, length);
  state.frozenFrom = grownFloats(state.frozenFrom, length, -1);
  state.frozenTo = grownFloats(state.frozenTo, length, -1);
  state.hashA = grownInts(state.hashA, length);
  state.hashB = grownInts(state.hashB, length);
  state.capacity = length;
};

/** Forgets a slice whose number may soon be another's. */
const clearSlice = (state: SeriesState, slice: number): void => {
  if (slice >= state.capacity) return;
  for (const ring of [state.n, state.x, state.rate]) ring.fill(0, slice * ringBins, (slice + 1) * ringBins);
  state.base.fill(0, slice * baselineWidth, (slice + 1) * baselineWidth);
  state.evidence.fill(0, slice * evidenceWidth, (slice + 1) * evidenceWidth);
  state.clock.fill(0, slice * clockWidth, (slice + 1) * clockWidth);
  for (const column of [state.cusum, state.plain, state.now, state.alarmedFor]) column[slice] = 0;
  for (const column of [state.since, state.seen, state.frozenFrom, state.frozenTo]) column[slice] = -1;
  state.warm[slice] = 0;
  state.hashA[slice] = 0;
  state.hashB[slice] = 0;
  state.past[slice] = null;
};

/** Counts a cell into the series; false: it was. */
export const addCell = (state: SeriesState, id: number, cell: Cell): boolean => {
  if (state.cellSeen[id] === 1) return false;
  state.cellSeen[id] = 1;
  state.sets += 1;
  for (const slice of cell.slices) {
    state.hashA[slice] = ((state.hashA[slice] ?? 0) + cell.hashA) | 0;
    state.hashB[slice] = ((state.hashB[slice] ?? 0) + cell.hashB) | 0;
  }
  return true;
};

/** Sets of cells anew, after cells or their slices changed. */
export const rehash = (state: SeriesState, cells: readonly (Cell | null)[]): void => {
  state.hashA.fill(0);
  state.hashB.fill(0);
  state.sets += 1;
  for (const [id, cell] of cells.entries()) {
    if (state.cellSeen[id] !== 1) continue;
    state.cellSeen[id] = 0;
    if (cell !== null) addCell(state, id, cell);
  }
};

const renamed = (closed: ClosedBin, moved: ReadonlyMap<number, number>): ClosedBin => ({
  ...closed,
  cells: closed.cells.map((cell) => moved.get(cell) ?? cell),
});

/** Follows what was folded: entries of cells move, slices and grounds that are gone are cleared. */
export const followFolding = (state: SeriesState, { cells: moved, slices, grounds }: Folding): void => {
  for (const slice of slices) clearSlice(state, slice);
  for (const ground of grounds) state.groundBase.fill(0, 2 * ground, 2 * ground + 2);
  if (moved.size === 0) return;
  for (const [bin, closed] of state.closed) state.closed.set(bin, renamed(closed, moved));
  for (const [from, into] of moved) {
    if (state.cellSeen[from] !== 1) continue;
    state.cellSeen[from] = 0;
    if (into >= 0) state.cellSeen[into] = 1;
  }
};

export const createPast = (isBroad: boolean): Past => ({
  days: new Float64Array(daysWidth),
  season: isBroad ? new Float64Array(seasonWidth) : null,
  run: [],
});

export const isFrozen = (state: SeriesState, slice: number, bin: Bin): boolean =>
  bin >= (state.frozenFrom[slice] ?? -1) && bin < (state.frozenTo[slice] ?? -1);
