// What is kept apart in a tenant and what gives way: new values compete with known ones when a bin closes, the least active fold into `~other`.
import type { Bin } from "./book-port.ts";
import { dimensions, sliceName } from "./dimensions.ts";
import {
  byText,
  cellOf,
  type DimensionPairs,
  everything,
  keyOf,
  type Places,
  pairsOf,
  type Raw,
  reducedValues,
  type Slice,
} from "./places.ts";
import { other, type Values } from "./values.ts";

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
 * Gives each new tuple its cell, in the order of their keys, so that numbers do not depend on who came first. Their trials decide
 * which values are kept apart when there are more of them than slices; undefined: the tuple lies in no bin that is closed.
 */
export const settle = (
  places: Places,
  trialsOf: (raw: number) => number | undefined,
  pairs: DimensionPairs,
  budget: number,
): void => {
  const fresh = places.raws
    .flatMap((raw, id) => {
      const n = raw === null || raw.cell >= 0 ? undefined : trialsOf(id);
      return raw === null || n === undefined ? [] : [{ raw, n }];
    })
    .toSorted((a, b) => byText(a.raw.key, b.raw.key));
  if (fresh.length === 0) return;
  const admitted = admit(places, fresh, budget);
  for (const { raw } of fresh) raw.cell = cellOf(places, admitted(raw.values), pairs);
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
