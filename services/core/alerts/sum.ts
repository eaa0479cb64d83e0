// A bin's rows summed by cell: the same whatever the order in which they came.
import { quickHash } from "#core/ids.ts";
import type { Bin } from "./book-port.ts";
import type { Places } from "./places.ts";
import type { Rows } from "./rows.ts";
import type { ClosedBin, SeriesState } from "./series.ts";
import { mergeSketches } from "./users.ts";

/** Lists of response ids kept per cell and bin. */
const mostExamples = 3;

/** Sums by number of the cell, and what few cells have. */
interface Sums {
  /** Numbers of the cells with trials, in no order. */
  readonly cells: number[];
  readonly n: Float64Array;
  readonly x: Float64Array;
  readonly unknown: Float64Array;
  readonly sketches: Map<number, Uint8Array[]>;
  readonly examples: Map<number, string[]>;
}

const pushTo = <T>(lists: Map<number, T[]>, cell: number, item: T): void => {
  const known = lists.get(cell);
  if (known === undefined) lists.set(cell, [item]);
  else known.push(item);
};

const addRow = (sums: Sums, cell: number, rows: Rows, index: number, unfired: boolean): void => {
  const trials = rows.trials[index] ?? 0;
  const fired = rows.fired[index] ?? 0;
  const before = sums.n[cell] ?? 0;
  if (before === 0) sums.cells.push(cell);
  sums.n[cell] = before + trials;
  sums.x[cell] = (sums.x[cell] ?? 0) + fired;
  const harm = unfired ? trials - fired : fired;
  if (harm === 0) return;
  const users = rows.users[index] ?? null;
  if (users === null) sums.unknown[cell] = (sums.unknown[cell] ?? 0) + harm;
  else pushTo(sums.sketches, cell, users);
  const examples = rows.examples[index] ?? null;
  if (examples !== null) pushTo(sums.examples, cell, examples);
};

const sumByCell = (parts: Iterable<Rows>, { raws, cells }: Places, unfired: boolean): Sums => {
  const size = cells.length;
  const [n, x, unknown] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  const sums: Sums = { cells: [], n, x, unknown, sketches: new Map(), examples: new Map() };
  for (const rows of parts) {
    for (let index = 0; index < rows.raw.length; index += 1) {
      const cell = raws[rows.raw[index] ?? -1]?.cell ?? -1;
      if (cell >= 0 && (rows.trials[index] ?? 0) > 0) addRow(sums, cell, rows, index, unfired);
    }
  }
  return sums;
};

/** Those with the smallest hashes, so that which ones are shown does not depend on order. */
const fewest = (examples: readonly string[]): readonly string[] =>
  [...new Set(examples)]
    .map((text) => ({ text, hash: quickHash(text) }))
    .toSorted((a, b) => a.hash - b.hash || (a.text < b.text ? -1 : 1))
    .slice(0, mostExamples)
    .map(({ text }) => text);

/** The sketches of the cells one after another, and where each begins. */
const packSketches = (cells: Int32Array, sketches: ReadonlyMap<number, readonly Uint8Array[]>) => {
  const merged = new Map<number, Uint8Array>();
  const starts = new Int32Array(cells.length + 1);
  for (const [index, cell] of cells.entries()) {
    const own = sketches.get(cell);
    const sketch = own === undefined ? undefined : mergeSketches(own);
    if (sketch !== undefined) merged.set(index, sketch);
    starts[index + 1] = (starts[index] ?? 0) + (sketch?.length ?? 0);
  }
  const bytes = new Uint8Array(starts[cells.length] ?? 0);
  for (const [index, sketch] of merged) bytes.set(sketch, starts[index] ?? 0);
  return { sketches: bytes, sketchAt: starts };
};

/** Sums a bin; every tuple must have its cell. Rates are for the caller to fill in. */
export const sumBin = (parts: Iterable<Rows>, places: Places, { unfired }: SeriesState, bin: Bin): ClosedBin => {
  const sums = sumByCell(parts, places, unfired);
  const cells = Int32Array.from(sums.cells).toSorted();
  const closed: ClosedBin = {
    bin,
    cells,
    n: new Float64Array(cells.length),
    x: new Float64Array(cells.length),
    rate: new Float64Array(cells.length),
    unknown: new Float64Array(cells.length),
    ...packSketches(cells, sums.sketches),
    examples: new Map(),
  };
  for (let index = 0; index < cells.length; index += 1) {
    const cell = cells[index] ?? 0;
    closed.n[index] = sums.n[cell] ?? 0;
    closed.x[index] = sums.x[cell] ?? 0;
    closed.unknown[index] = sums.unknown[cell] ?? 0;
    const examples = sums.examples.get(cell);
    if (examples !== undefined) closed.examples.set(index, fewest(examples));
  }
  return closed;
};

/** Adds the trials of rows that changed, by number of the tuple: what decides who stays when the budget is exceeded. */
export const addRawTrials = (parts: Iterable<Rows>, trials: Float64Array, seen: Uint8Array): void => {
  for (const rows of parts) {
    if (!rows.changed) continue;
    for (let index = 0; index < rows.raw.length; index += 1) {
      const raw = rows.raw[index] ?? 0;
      seen[raw] = 1;
      trials[raw] = (trials[raw] ?? 0) + (rows.trials[index] ?? 0);
    }
  }
};
