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

const pairsOf = (values: Values, dims: readonly number[]): Pairs =>
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
const cellOf = (places: Places, values: Values, pairs: DimensionPairs): number => {
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

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Trials of this bin per value of a dimension, in new tuples. */
const trialsByValue = (fresh: readonly FreshRaw[], dimension: number): ReadonlyMap<string, number> => {
  const trials = new Map<string, number>();
  for (const { raw, n } of fresh) {
    const value = raw.values[dimension] ?? null;
    if (value !== null && value !== other) trials.set(value, (trials.get(value) ?? 0) + n);
  }
  return trials;
};

/** A newcomer must be twice as active as what gives way to it, else names that come once would turn everything over. */
const newcomerWeight = 0.5;

interface Newcomer {
  readonly name: string;
  readonly dimension: number;
  readonly value: string;
  readonly activity: number;
}

const newcomersAmong = (places: Places, fresh: readonly FreshRaw[]): readonly Newcomer[] =>
  dimensions.flatMap((label, dimension) =>
    [...trialsByValue(fresh, dimension)].flatMap(([value, n]) => {
      const name = sliceName([[label, value]]);
      return places.sliceIds.has(name) ? [] : [{ name, dimension, value, activity: newcomerWeight * n }];
    }),
  );

/** Values of new tuples, `~other` for those whose slice would not be among the most active: slices are not even made of them. */
const admit = (places: Places, fresh: readonly FreshRaw[], budget: number): ((values: Values) => Values) => {
  const newcomers = newcomersAmong(places, fresh);
  if (places.sliceIds.size + newcomers.length <= budget) return (values) => values;
  const known = places.slices.flatMap((slice) =>
    slice === null ? [] : [{ name: slice.name, dimension: -1, value: "", activity: slice.activity }],
  );
  const ranked = [...known, ...newcomers].toSorted((a, b) => b.activity - a.activity || byText(a.name, b.name));
  const refused = dimensions.map(() => new Set<string>());
  for (const { dimension, value } of ranked.slice(budget)) {
    if (dimension < 0) continue;
    refused[dimension]?.add(value);
    places.folded += 1;
  }
  return (values) =>
    values.map((value, dimension) => (value !== null && refused[dimension]?.has(value) === true ? other : value));
};

interface FreshRaw {
  readonly raw: Raw;
  readonly n: number;
}

/**
 * Gives each new tuple its cell, in the order of their keys, so that numbers do not depend on who came first. `trials` of the tuples
 * decide which values are kept apart when there are more of them than slices.
 */
export const settle = (
  places: Places,
  trials: ReadonlyMap<number, number>,
  pairs: DimensionPairs,
  budget: number,
): void => {
  const fresh = [...trials]
    .flatMap(([id, n]) => {
      const raw = places.raws[id];
      return raw === null || raw === undefined || raw.cell >= 0 ? [] : [{ raw, n }];
    })
    .toSorted((a, b) => byText(a.raw.key, b.raw.key));
  if (fresh.length === 0) return;
  const admitted = admit(places, fresh, budget);
  for (const { raw } of fresh) raw.cell = cellOf(places, admitted(raw.values), pairs);
};

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

/** Ages all activity by a bin and adds the trials of the bin, by cell. */
export const addActivity = (places: Places, bin: Bin, trials: ReadonlyMap<number, number>): void => {
  for (const slice of places.slices) if (slice !== null) slice.activity *= decay;
  for (const cell of places.cells) if (cell !== null) cell.activity *= decay;
  for (const [id, n] of [...trials].toSorted(([a], [b]) => a - b)) {
    const cell = places.cells[id];
    if (cell === null || cell === undefined) continue;
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

/** What was taken out of the places; whoever stores by these numbers must follow. */
export interface Folding {
  /** Cell → cell that now counts for it; -1: forgotten. */
  readonly cells: ReadonlyMap<number, number>;
  readonly slices: readonly number[];
  /** Grounds upon which no cell stands any more. */
  readonly grounds: readonly number[];
}

/** Takes out the grounds without cells; their numbers. */
const dropGrounds = (places: Places): readonly number[] => {
  const gone: number[] = [];
  for (const [id, ground] of places.grounds.entries()) {
    if (ground === null || ground.cells > 0) continue;
    places.groundIds.delete(ground.key);
    places.grounds[id] = null;
    gone.push(id);
  }
  return gone;
};

const isOther = ({ pairs }: Slice): boolean => pairs.some(([, value]) => value === other);

/** Slices beyond the budget: least active first, of equals the narrower, then by name. Those held stay. */
const slicesBeyond = (places: Places, budget: number, held: (id: number) => boolean): readonly number[] => {
  if (places.sliceIds.size <= budget) return [];
  const ranked = places.slices
    .flatMap((slice, id) =>
      slice === null ? [] : [{ slice, id, stays: id === everything || isOther(slice) || held(id) }],
    )
    .toSorted(
      (a, b) =>
        Number(b.stays) - Number(a.stays) ||
        b.slice.activity - a.slice.activity ||
        a.slice.level - b.slice.level ||
        byText(a.slice.name, b.slice.name),
    );
  // A pair never outlives the slice that is its baseline's parent.
  const kept = new Set<number>();
  const gone: number[] = [];
  for (const { id, stays } of ranked) {
    if (stays || kept.size < budget) kept.add(id);
    else gone.push(id);
  }
  for (const { id, slice } of ranked) if (kept.has(id) && slice.parent >= 0 && !kept.has(slice.parent)) gone.push(id);
  return gone.toSorted((a, b) => a - b);
};

/** Moves a cell's tuples to another cell and forgets it. */
const foldCell = (places: Places, id: number, into: number, moved: Map<number, number>): void => {
  const cell = places.cells[id];
  if (cell === null || cell === undefined || into === id) return;
  const target = places.cells[into];
  if (target !== null && target !== undefined) {
    target.activity += cell.activity;
    target.last = Math.max(target.last, cell.last);
  }
  const ground = places.grounds[cell.ground];
  if (ground !== null && ground !== undefined) ground.cells -= 1;
  places.cells[id] = null;
  places.cellIds.delete(cell.key);
  moved.set(id, into);
  places.version += 1;
};

const dropSlices = (places: Places, gone: readonly number[]): void => {
  for (const id of gone) {
    const slice = places.slices[id];
    if (slice === null || slice === undefined) continue;
    places.sliceIds.delete(slice.name);
    places.slices[id] = null;
    places.version += 1;
  }
};

/** Values whose own slice is no longer tracked become `~other`. */
const trackedValues = (places: Places, values: Values): Values =>
  values.map((value, dimension) =>
    value === null || places.sliceIds.has(sliceName(pairsOf(values, [dimension]))) ? value : other,
  );

/** Cells again over the slices that are left; those with a value that lost its slice fold into one with `~other`. */
const refit = (places: Places, gone: ReadonlySet<number>, pairs: DimensionPairs, moved: Map<number, number>): void => {
  for (const [id, cell] of places.cells.entries()) {
    if (cell === null || !cell.slices.some((slice) => gone.has(slice))) continue;
    const values = trackedValues(places, cell.values);
    if (keyOf(values) === cell.key) cell.slices = cell.slices.filter((slice) => !gone.has(slice));
    else foldCell(places, id, cellOf(places, values, pairs), moved);
  }
};

/** Cells beyond the budget fold into one per feature, the least active first. */
const foldCellsBeyond = (places: Places, budget: number, pairs: DimensionPairs, moved: Map<number, number>): void => {
  if (places.cellIds.size <= budget) return;
  const ranked = places.cells
    .flatMap((cell, id) => (cell === null || cell.values.includes(other) ? [] : [{ cell, id }]))
    .toSorted((a, b) => b.cell.activity - a.cell.activity || byText(a.cell.key, b.cell.key));
  const others = places.cellIds.size - ranked.length;
  for (const { cell, id } of ranked.slice(Math.max(0, budget - others)))
    foldCell(places, id, cellOf(places, reducedValues(cell.values, true), pairs), moved);
};

const rawsFollow = (places: Places, moved: ReadonlyMap<number, number>): void => {
  if (moved.size === 0) return;
  for (const raw of places.raws) if (raw !== null) raw.cell = moved.get(raw.cell) ?? raw.cell;
};

export interface Budget {
  readonly slices: number;
  readonly cells: number;
}

/** Folds what exceeds the budget into `~other`. Of a new cell's slices only those that fit stay. */
export const enforceBudget = (
  places: Places,
  budget: Budget,
  pairs: DimensionPairs,
  held: (slice: number) => boolean,
): Folding | undefined => {
  const gone = slicesBeyond(places, budget.slices, held);
  if (gone.length === 0 && places.cellIds.size <= budget.cells) return undefined;
  const moved = new Map<number, number>();
  dropSlices(places, gone);
  if (gone.length > 0) refit(places, new Set(gone), pairs, moved);
  foldCellsBeyond(places, budget.cells, pairs, moved);
  rawsFollow(places, moved);
  places.folded += gone.length + moved.size;
  return { cells: moved, slices: gone, grounds: dropGrounds(places) };
};

/** Lets numbers be used again, after all who store by them have followed. */
export const freeNumbers = (places: Places, { cells, slices, grounds }: Folding): void => {
  for (const id of cells.keys()) places.freeCells.push(id);
  for (const id of slices) places.freeSlices.push(id);
  for (const id of grounds) places.freeGrounds.push(id);
};

/** Cells without a trial for so long are forgotten. */
const cellAge = 2 * 288;
/** Slices are kept as long as a month's reference may ask for them. */
const sliceAge = 35 * 288;
const rawAge = 6;

/** Forgets tuples of the past when there are many. They come again by name. */
export const forgetRaws = (places: Places, bin: Bin, budget: number): void => {
  if (places.rawIds.size <= budget) return;
  for (const [id, raw] of places.raws.entries()) {
    if (raw === null || raw.last > bin - rawAge) continue;
    places.rawIds.delete(raw.key);
    places.raws[id] = null;
    places.freeRaws.push(id);
  }
};

/** Forgets what has been quiet for long. */
export const forgetQuiet = (places: Places, bin: Bin, held: (slice: number) => boolean): Folding | undefined => {
  const moved = new Map<number, number>();
  for (const [id, cell] of places.cells.entries())
    if (cell !== null && cell.last < bin - cellAge) foldCell(places, id, -1, moved);
  const gone = places.slices.flatMap((slice, id) =>
    slice !== null && id !== everything && slice.last < bin - sliceAge && !held(id) ? [id] : [],
  );
  dropSlices(places, gone);
  rawsFollow(places, moved);
  return moved.size + gone.length === 0 ? undefined : { cells: moved, slices: gone, grounds: dropGrounds(places) };
};

/** Which cells lie in a slice that need not be tracked: 1 per number of a cell. */
export const cellsWithin = ({ cells }: Places, scope: Pairs): Uint8Array => {
  const wanted = scope.map(([name, value]) => [indexOfDimension(name), value] as const);
  return Uint8Array.from(cells, (cell) =>
    cell !== null && wanted.every(([dimension, value]) => cell.values[dimension] === value) ? 1 : 0,
  );
};
