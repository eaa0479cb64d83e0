// Which slice is it: the conjunction of a few dimension values whose counts depart most from what was expected.
import type { Direction } from "./e-process.ts";

/** The cells of the evidence window, column by column; one entry per cell in every column. */
export interface Cells {
  /** Dimension names in the order that decides ties; versions last. */
  readonly dimensions: readonly string[];
  /** Per dimension the names of its values. */
  readonly values: readonly (readonly string[])[];
  /** Per dimension the number of each cell's value, an index into `values`; −1: the cell has none. */
  readonly columns: readonly Int32Array[];
  readonly n: Float64Array;
  readonly x: Float64Array;
  /** Σ n·p̂ of the most specific tracked slice of each cell. */
  readonly expected: Float64Array;
}

export interface Condition {
  readonly dimension: string;
  readonly value: string;
}

export interface Cause {
  /** In order of the dimensions; none: everything that was left, the root. */
  readonly conditions: readonly Condition[];
  readonly n: number;
  readonly x: number;
  readonly expected: number;
  /** X ln(X/E) − (X − E) − number of conditions, in nats. */
  readonly score: number;
  /** X/E of all that this and earlier causes leave over; 1 when nothing is left. */
  readonly remainder: number;
}

export interface LocaliseOptions {
  readonly direction: Direction;
  /** Least ratio of a slice, harm as > 1; default 1.5. */
  readonly smallestRatio?: number;
  /** Least trials of a slice, default 30. */
  readonly fewestTrials?: number;
  /** Least fired trials of a slice, falls: least expected ones; default 5. */
  readonly fewestFired?: number;
  /** Ratio of the remainder below which nothing more is to be explained; default 1.25. */
  readonly quietRatio?: number;
  /** Default 3. */
  readonly mostCauses?: number;
}

const mostConditions = 3;
/** Up to so many combinations of values are counted in arrays; above, only those that occur. */
const densest = 2 ** 18;

/** Sums of the cells that one slice holds. */
interface Sums {
  readonly n: number;
  readonly x: number;
  readonly expected: number;
}

/** A slice as pairs of dimension and value, dimensions ascending. */
interface Slice extends Sums {
  readonly dims: readonly number[];
  readonly vals: readonly number[];
  readonly score: number;
}

type Rules = Required<LocaliseOptions>;

/** Poisson deviance in the harmful direction; 0 on the other side. */
const departure = ({ x, expected }: Sums, direction: Direction): number => {
  const isHarm = direction === "rise" ? x > expected : x < expected;
  if (!isHarm || expected <= 0) return 0;
  return (x > 0 ? x * Math.log(x / expected) : 0) - (x - expected);
};

const isLarge = ({ n, x, expected }: Sums, rules: Rules): boolean =>
  n >= rules.fewestTrials && (rules.direction === "rise" ? x : expected) >= rules.fewestFired;

const isHarmed = ({ x, expected }: Sums, { direction, smallestRatio }: Rules): boolean =>
  direction === "rise" ? x >= smallestRatio * expected : x * smallestRatio <= expected;

/** What a scan over one set of cells shares. */
interface Scan {
  readonly cells: Cells;
  /** n, x, expected of the cells one after the other: read together, so kept together. */
  readonly packed: Float64Array;
  readonly rules: Rules;
  readonly found: (slice: Slice) => void;
}

/** Combinations of values of some dimensions; those too small are left out, since no part of them is large either. */
interface Level {
  readonly dims: readonly number[];
  /** Per cell the number of its combination; −1: it is too small, or the cell lacks a value. */
  readonly codes: Int32Array;
  /** Values per number. */
  readonly combos: readonly (readonly number[])[];
}

/** Which combination of the two a cell is in, −1 for none: those that occur, numbered as they come. */
const crossSparse = (left: Level, right: Level) => {
  const width = right.combos.length;
  const numbers = new Map<number, number>();
  const codes = left.codes.map((a, cell) => {
    const b = right.codes[cell] ?? -1;
    if (a < 0 || b < 0) return -1;
    const key = a * width + b;
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    return number;
  });
  return { codes, keys: Float64Array.from(numbers.keys()) };
};

/** Sums of n, x and expected per combination of a and b, where there are few enough to count them all. */
const sumDense = (a: Int32Array, b: Int32Array, width: number, size: number, packed: Float64Array): Float64Array => {
  const sums = new Float64Array(3 * size);
  for (let cell = 0; cell < a.length; cell += 1) {
    const own = a[cell] ?? -1;
    const other = b[cell] ?? -1;
    if (own < 0 || other < 0) continue;
    const to = 3 * (own * width + other);
    const from = 3 * cell;
    sums[to] = (sums[to] ?? 0) + (packed[from] ?? 0);
    sums[to + 1] = (sums[to + 1] ?? 0) + (packed[from + 1] ?? 0);
    sums[to + 2] = (sums[to + 2] ?? 0) + (packed[from + 2] ?? 0);
  }
  return sums;
};

/** All of the cells as one combination of no values. */
const rootLevel = ({ n }: Cells): Level => ({ dims: [], codes: new Int32Array(n.length), combos: [[]] });

/** One dimension before anything is known of its values. */
const rawLevel = ({ columns, values }: Cells, dim: number): Level => ({
  dims: [dim],
  codes: columns[dim] ?? new Int32Array(),
  combos: (values[dim] ?? []).map((_, value) => [value]),
});

/** The large combinations of both, each told to `found` if harmed; undefined: there are none, or no more conditions may follow. */
const join = (left: Level, right: Level, { packed, rules, found }: Scan): Level | undefined => {
  const dims = [...left.dims, ...right.dims];
  const width = right.combos.length;
  const sparse = left.combos.length * width > densest ? crossSparse(left, right) : undefined;
  const size = sparse === undefined ? left.combos.length * width : sparse.keys.length;
  const sums =
    sparse === undefined
      ? sumDense(left.codes, right.codes, width, size, packed)
      : sumDense(
          sparse.codes,
          sparse.codes.map((code) => Math.min(0, code)),
          1,
          size,
          packed,
        );

  const isLast = dims.length === mostConditions;
  const numbers = new Int32Array(isLast ? 0 : size).fill(-1);
  const combos: (readonly number[])[] = [];
  for (let code = 0; code < size; code += 1) {
    const own = { n: sums[3 * code] ?? 0, x: sums[3 * code + 1] ?? 0, expected: sums[3 * code + 2] ?? 0 };
    if (!isLarge(own, rules)) continue;
    const harmed = isHarmed(own, rules);
    if (isLast && !harmed) continue;
    const key = sparse?.keys[code] ?? code;
    const vals = [...(left.combos[Math.floor(key / width)] ?? []), ...(right.combos[key % width] ?? [])];
    if (harmed) found({ ...own, dims, vals, score: departure(own, rules.direction) - dims.length });
    if (!isLast) numbers[code] = combos.push(vals) - 1;
  }
  if (combos.length === 0) return undefined;
  const codeOf = (a: number, cell: number): number => {
    const b = right.codes[cell] ?? -1;
    if (a < 0 || b < 0) return -1;
    return numbers[sparse?.codes[cell] ?? a * width + b] ?? -1;
  };
  return { dims, combos, codes: left.codes.map(codeOf) };
};

/** All conjunctions of up to three dimensions, each built from one with a dimension less. */
const scanAll = (scan: Scan): void => {
  const { cells } = scan;
  const root = rootLevel(cells);
  const singles = cells.dimensions
    .map((_, dim) => join(root, rawLevel(cells, dim), scan))
    .filter((single) => single !== undefined);
  for (const [first, one] of singles.entries()) {
    for (const [second, two] of singles.entries()) {
      const pair = second > first ? join(one, two, scan) : undefined;
      if (pair === undefined) continue;
      for (const three of singles.slice(second + 1)) join(pair, three, scan);
    }
  }
};

const packCells = ({ n, x, expected }: Cells): Float64Array => {
  const packed = new Float64Array(3 * n.length);
  for (const [cell, trials] of n.entries()) packed.set([trials, x[cell] ?? 0, expected[cell] ?? 0], 3 * cell);
  return packed;
};

const compareNumbers = (a: readonly number[], b: readonly number[]): number => {
  for (const [index, own] of a.entries()) {
    const other = b[index] ?? 0;
    if (own !== other) return own - other;
  }
  return 0;
};

/** Orders slices of equal score: fewer conditions, then the order of dimensions, then the shorter name, then the alphabet. */
const compareTied = (a: Slice, b: Slice, { values }: Cells): number => {
  const nameOf = ({ dims, vals }: Slice): string =>
    dims.map((dim, index) => values[dim]?.[vals[index] ?? -1] ?? "").join(",");
  const order = a.dims.length - b.dims.length || compareNumbers(a.dims, b.dims);
  if (order !== 0) return order;
  const [ours, theirs] = [nameOf(a), nameOf(b)];
  return ours.length - theirs.length || (ours < theirs ? -1 : 1);
};

const sum = (column: Float64Array): number => column.reduce((total, own) => total + own, 0);

const sumAll = ({ n, x, expected }: Cells): Sums => ({ n: sum(n), x: sum(x), expected: sum(expected) });

/** Slices that share all but so many of their trials, and whose evidence differs by less than a condition costs, are the same to a reader. */
const strayTrials = 0.02;
const strayEvidence = 1;

const isSame = (a: Slice, b: Slice): boolean =>
  a.dims.length === b.dims.length &&
  Math.abs(a.n - b.n) <= strayTrials * Math.max(a.n, b.n) &&
  Math.abs(a.score - b.score) <= strayEvidence;

/** The best slice of these cells; the root where no narrower one explains more. */
const best = (cells: Cells, rules: Rules): Slice => {
  const all = sumAll(cells);
  let leader: Slice = { ...all, dims: [], vals: [], score: departure(all, rules.direction) };
  let near: Slice[] = [];
  scanAll({
    cells,
    packed: packCells(cells),
    rules,
    found: (slice) => {
      if (slice.score < leader.score - strayEvidence) return;
      near.push(slice);
      const isBetter = slice.score > leader.score;
      if (!isBetter && (slice.score < leader.score || compareTied(slice, leader, cells) > 0)) return;
      leader = slice;
      near = near.filter((other) => isSame(other, slice));
    },
  });
  // A prompt's name and its feature differ by the few responses that were never seen: then the order of dimensions decides.
  for (const slice of near) if (isSame(slice, leader) && compareTied(slice, leader, cells) < 0) leader = slice;
  return leader;
};

const without = (cells: Cells, { dims, vals }: Slice): Cells => {
  const isInside = (cell: number): boolean => dims.every((dim, index) => cells.columns[dim]?.[cell] === vals[index]);
  const outside = (_: number, cell: number): boolean => !isInside(cell);
  return {
    ...cells,
    columns: cells.columns.map((column) => column.filter(outside)),
    n: cells.n.filter(outside),
    x: cells.x.filter(outside),
    expected: cells.expected.filter(outside),
  };
};

/**
 * Up to three causes, the one with the most evidence first. After each its cells are taken out, and where what is left still
 * departs from its baseline by 1.25 the rest is scanned again. Slices too small are pruned with all their parts.
 *
 * The score is the Poisson scan statistic (Kulldorff 1997) less one per condition: lift alone answers too narrowly, excess
 * alone too broadly.
 */
export const localise = (cells: Cells, options: LocaliseOptions): readonly Cause[] => {
  const rules: Rules = {
    smallestRatio: 1.5,
    fewestTrials: 30,
    fewestFired: 5,
    quietRatio: 1.25,
    mostCauses: 3,
    ...options,
  };
  const causes: Cause[] = [];
  let left = cells;
  while (causes.length < rules.mostCauses) {
    const { dims, vals, n, x, expected, score } = best(left, rules);
    // The root of a rest that no slice explains is a cause only if it departs enough itself.
    if (causes.length > 0 && score <= 0) break;
    left = without(left, { dims, vals, n, x, expected, score });
    const rest = sumAll(left);
    const remainder = rest.expected > 0 ? rest.x / rest.expected : 1;
    const conditions = dims.map((dim, index) => ({
      dimension: cells.dimensions[dim] ?? "",
      value: cells.values[dim]?.[vals[index] ?? -1] ?? "",
    }));
    causes.push({ conditions, n, x, expected, score, remainder });
    const isQuiet = rules.direction === "rise" ? remainder < rules.quietRatio : remainder > 1 / rules.quietRatio;
    if (dims.length === 0 || isQuiet) break;
  }
  return causes;
};
