// A bin's rows summed by cell: the same whatever the order in which they came.
import { quickHash } from "#core/ids.ts";
import type { Bin } from "./book-port.ts";
import type { Places } from "./places.ts";
import type { Rows } from "./rows.ts";
import type { ClosedBin, SeriesState } from "./series.ts";
import { mergeSketches } from "./users.ts";

/** Lists of response ids kept per cell and bin. */
const mostExamples = 3;

interface Sum {
  n: number;
  x: number;
  unknown: number;
  sketches: Uint8Array[] | null;
  examples: string[] | null;
}

const addRow = (sum: Sum, rows: Rows, index: number, unfired: boolean): void => {
  const trials = rows.trials[index] ?? 0;
  const fired = rows.fired[index] ?? 0;
  sum.n += trials;
  sum.x += fired;
  const harm = unfired ? trials - fired : fired;
  if (harm === 0) return;
  const users = rows.users[index] ?? null;
  if (users === null) sum.unknown += harm;
  else (sum.sketches ??= []).push(users);
  const examples = rows.examples[index] ?? null;
  if (examples !== null) (sum.examples ??= []).push(examples);
};

const sumByCell = (parts: Iterable<Rows>, { raws }: Places, unfired: boolean): Map<number, Sum> => {
  const sums = new Map<number, Sum>();
  for (const rows of parts) {
    for (const [index, raw] of rows.raw.entries()) {
      if ((rows.trials[index] ?? 0) === 0) continue;
      const cell = raws[raw]?.cell ?? -1;
      let sum = sums.get(cell);
      if (sum === undefined) sums.set(cell, (sum = { n: 0, x: 0, unknown: 0, sketches: null, examples: null }));
      addRow(sum, rows, index, unfired);
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

/** Sums a bin; every tuple must have its cell. Rates are for the caller to fill in. */
export const sumBin = (parts: Iterable<Rows>, places: Places, { unfired }: SeriesState, bin: Bin): ClosedBin => {
  const sums = [...sumByCell(parts, places, unfired)].toSorted(([a], [b]) => a - b);
  const sketches = sums.map(([, sum]) => (sum.sketches === null ? null : mergeSketches(sum.sketches)));
  const sketchAt = new Int32Array(sums.length + 1);
  for (const [index, sketch] of sketches.entries())
    sketchAt[index + 1] = (sketchAt[index] ?? 0) + (sketch?.length ?? 0);
  const bytes = new Uint8Array(sketchAt.at(-1) ?? 0);
  const examples = new Map<number, readonly string[]>();
  for (const [index, [, sum]] of sums.entries()) {
    const sketch = sketches[index] ?? null;
    if (sketch !== null) bytes.set(sketch, sketchAt[index] ?? 0);
    if (sum.examples !== null) examples.set(index, fewest(sum.examples));
  }
  return {
    bin,
    cells: Int32Array.from(sums, ([cell]) => cell),
    n: Float64Array.from(sums, ([, sum]) => sum.n),
    x: Float64Array.from(sums, ([, sum]) => sum.x),
    rate: new Float64Array(sums.length),
    unknown: Float64Array.from(sums, ([, sum]) => sum.unknown),
    sketches: bytes,
    sketchAt,
    examples,
  };
};

/** Trials per tuple of a bin: what decides who stays when the budget is exceeded. */
export const rawTrials = (parts: Iterable<Rows>, trials: Map<number, number>): void => {
  for (const rows of parts) {
    for (const [index, raw] of rows.raw.entries()) trials.set(raw, (trials.get(raw) ?? 0) + (rows.trials[index] ?? 0));
  }
};
