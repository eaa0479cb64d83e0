// Where trials happen in one tenant: cells (full tuples of values), the slices that they roll up into, and the budget for both.
import { quickHash } from "#core/ids.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { Bin } from "./book-port.ts";
import { dimensions, indexOfDimension, isVersion, type Pairs, sliceName } from "./dimensions.ts";
import { type DimensionPair, other, type Values } from "./values.ts";

/** One tuple of values; trials are stored by it. */
export interface Cell {
  readonly key: string;
  readonly values: Values;
  /** Numbers of its slices, `*` first. */
  slices: Int32Array;
  /** Number of its feature's slice, `*` where it has none: what its ground is shrunk to, and where it is warm. */
  home: number;
  /** Number of its ground. */
  readonly ground: number;
  /** Decayed trials over all signals: the least active is the first to be folded. */
  activity: number;
  last: Bin;
  /** Two hashes of the key: sums of them tell sets of cells apart. */
  readonly hashA: number;
  readonly hashB: number;
}

/** One tracked conjunction of at most two values. */
export interface Slice {
  readonly name: string;
  readonly pairs: Pairs;
  /** Indices of its dimensions, ascending. */
  readonly dims: readonly number[];
  readonly level: 0 | 1 | 2;
  /** Number of the next wider slice, -1 for `*`. */
  readonly parent: number;
  readonly isVersion: boolean;
  activity: number;
  last: Bin;
}

/** A tuple as tallies carry it: a cell and the user's offset from UTC. */
export interface Raw {
  readonly key: string;
  readonly values: Values;
  readonly offset: number | null;
  /** Number of its cell; -1 until the bin in which it first appeared closes. */
  cell: number;
  last: Bin;
}

export interface Ground {
  readonly key: string;
  /** Versions are null. */
  readonly values: Values;
  /** Cells that stand on it. */
  cells: number;
}

/** Plain data. Ids are places in the lists, free ones are used again. */
export interface Places {
  readonly rawIds: Map<string, number>;
  readonly raws: (Raw | null)[];
  readonly freeRaws: number[];
  readonly cellIds: Map<string, number>;
  readonly cells: (Cell | null)[];
  readonly freeCells: number[];
  readonly sliceIds: Map<string, number>;
  readonly slices: (Slice | null)[];
  readonly freeSlices: number[];
  /** Grounds: cells without their versions. They have a rate of their own, which a new version is measured by. */
  readonly groundIds: Map<string, number>;
  readonly grounds: (Ground | null)[];
  readonly freeGrounds: number[];
  /** Cells and slices that were folded into `~other`. */
  folded: number;
  /** Rises with every change of cells or slices. */
  version: number;
}

export const createPlaces = (): Places => ({
  rawIds: new Map(),
  raws: [],
  freeRaws: [],
  cellIds: new Map(),
  cells: [],
  freeCells: [],
  sliceIds: new Map(),
  slices: [],
  freeSlices: [],
  groundIds: new Map(),
  grounds: [],
  freeGrounds: [],
  folded: 0,
  version: 0,
});

/** Number of `*`, which is always there. */
export const everything = 0;

/** Whether a tally is of this tuple, without making its key: false also where only a longer look would tell. */
export const isOfRaw = ({ values, offset }: Raw, record: TallyRecord): boolean => {
  if (offset !== record.utc_offset_min) return false;
  for (let index = 0; index < dimensions.length; index += 1) {
    const dimension = dimensions[index];
    if (dimension === undefined || values[index] !== record[dimension]) return false;
  }
  return true;
};

/** Its length first, so that no two lists of values read alike. */
const part = (value: string | null): string => (value === null ? "-" : `${value.length}:${value}`);

export const keyOf = (values: Values): string => values.map(part).join("");

const put = <T>(list: (T | null)[], free: number[], item: T): number => {
  const id = free.pop() ?? list.length;
  list[id] = item;
  return id;
};

/** Number of a tuple, a new one where there is room: its key is that of its values and the user's offset from UTC. */
export const rawOf = (
  places: Places,
  { key, values, offset }: Pick<Raw, "key" | "values" | "offset">,
  bin: Bin,
  room: number,
): number | undefined => {
  const known = places.rawIds.get(key);
  if (known !== undefined) return known;
  if (places.rawIds.size >= room) return undefined;
  const id = put(places.raws, places.freeRaws, { key, values, offset, cell: -1, last: bin });
  places.rawIds.set(key, id);
  return id;
};

/** What remains of a tuple that cannot be kept apart: its feature, everything else is `~other`. */
export const reducedValues = (values: Values, keepsFeature: boolean): Values =>
  values.map((value, dimension) => (value === null || (dimension === 0 && keepsFeature) ? value : other));

/** Slices of a tuple: `*`, singles, feature × each other dimension, and the pairs that rules name. */
const sliceDims = (values: Values, pairs: readonly DimensionPair[]): readonly (readonly number[])[] => {
  const singles = values.flatMap((value, dimension) => (value === null ? [] : [dimension]));
  const feature = values[0] === null ? [] : singles.slice(1).map((dimension) => [0, dimension]);
  const named = pairs.filter(([a, b]) => values[a] !== null && values[b] !== null);
  return [[], ...singles.map((dimension) => [dimension]), ...feature, ...named];
};

export const pairsOf = (values: Values, dims: readonly number[]): Pairs =>
  dims.map((dimension) => [dimensions[dimension] ?? "", values[dimension] ?? ""]);

/** The next wider slice: a pair's feature, else its first value that is no version; singles have everything. */
const parentOf = (places: Places, values: Values, dims: readonly number[]): number => {
  const [first] = dims;
  if (first === undefined) return -1;
  if (dims.length === 1) return everything;
  return sliceOf(places, values, [first]);
};

/** Number of a slice, made if need be; its parent with it. */
const sliceOf = (places: Places, values: Values, dims: readonly number[]): number => {
  const pairs = pairsOf(values, dims);
  const name = sliceName(pairs);
  const known = places.sliceIds.get(name);
  if (known !== undefined) return known;
  const id = put(places.slices, places.freeSlices, {
    name,
    pairs,
    dims,
    level: dims.length === 0 ? 0 : dims.length === 1 ? 1 : 2,
    parent: parentOf(places, values, dims),
    isVersion: dims.some((dimension) => isVersion(dimensions[dimension] ?? "")),
    activity: 0,
    last: -1,
  });
  places.sliceIds.set(name, id);
  places.version += 1;
  return id;
};

export type DimensionPairs = readonly DimensionPair[];

const slicesOf = (places: Places, values: Values, pairs: DimensionPairs): Int32Array =>
  Int32Array.from(sliceDims(values, pairs), (dims) => sliceOf(places, values, dims));

/** Number of a tuple's ground, with one more cell upon it. */
const standOn = (places: Places, values: Values): number => {
  const stable = values.map((value, dimension) => (isVersion(dimensions[dimension] ?? "") ? null : value));
  const key = keyOf(stable);
  let id = places.groundIds.get(key);
  if (id === undefined) {
    id = put(places.grounds, places.freeGrounds, { key, values: stable, cells: 0 });
    places.groundIds.set(key, id);
  }
  const ground = places.grounds[id];
  if (ground !== null && ground !== undefined) ground.cells += 1;
  return id;
};

const homeOf = (places: Places, values: Values): number =>
  values[0] === null ? everything : (places.sliceIds.get(sliceName(pairsOf(values, [0]))) ?? everything);

/** Number of a cell, made if need be. */
export const cellOf = (places: Places, values: Values, pairs: DimensionPairs): number => {
  const key = keyOf(values);
  const known = places.cellIds.get(key);
  if (known !== undefined) return known;
  const slices = slicesOf(places, values, pairs);
  const hashes = { hashA: quickHash(key) | 0, hashB: quickHash(`${key}~`) | 0 };
  const [home, ground] = [homeOf(places, values), standOn(places, values)];
  const made = { key, values, slices, home, ground, activity: 0, last: -1, ...hashes };
  const id = put(places.cells, places.freeCells, made);
  places.cellIds.set(key, id);
  places.version += 1;
  return id;
};

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Slices of all cells anew: after rules named other pairs, and now and then, so that what was folded may come back. */
export const rebuildSlices = (places: Places, pairs: DimensionPairs): void => {
  const known = new Set(places.sliceIds.values());
  const cells = places.cells.filter((cell) => cell !== null).toSorted((a, b) => byText(a.key, b.key));
  for (const cell of cells) {
    cell.slices = slicesOf(places, cell.values, pairs);
    cell.home = homeOf(places, cell.values);
    for (const id of cell.slices) {
      const slice = known.has(id) ? null : (places.slices[id] ?? null);
      if (slice === null) continue;
      slice.activity += cell.activity;
      slice.last = Math.max(slice.last, cell.last);
    }
  }
  places.version += 1;
};

/** Activity halves in a day. */
const decay = 0.5 ** (1 / 288);

/** Ages all activity by a bin and adds the trials of the bin, by number of the cell. */
export const addActivity = (places: Places, bin: Bin, trials: Float64Array): void => {
  for (const slice of places.slices) if (slice !== null) slice.activity *= decay;
  for (const [id, cell] of places.cells.entries()) {
    if (cell === null) continue;
    cell.activity *= decay;
    const n = trials[id] ?? 0;
    if (n === 0) continue;
    cell.activity += n;
    cell.last = bin;
    for (const own of cell.slices) {
      const slice = places.slices[own];
      if (slice === null || slice === undefined) continue;
      slice.activity += n;
      slice.last = bin;
    }
  }
};

/** Which cells lie in a slice that need not be tracked: 1 per number of a cell. */
export const cellsWithin = ({ cells }: Places, scope: Pairs): Uint8Array => {
  const wanted = scope.map(([name, value]) => [indexOfDimension(name), value] as const);
  return Uint8Array.from(cells, (cell) =>
    cell !== null && wanted.every(([dimension, value]) => cell.values[dimension] === value) ? 1 : 0,
  );
};
