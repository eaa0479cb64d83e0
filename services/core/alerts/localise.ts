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

/** Sums per code of a column (−1: left out), dense: codes lie below `size`. */
const sumByCode = (codes: Int32Array, size: number, { n, x, expected }: Cells) => {
  const sums = { n: new Float64Array(size), x: new Float64Array(size), expected: new Float64Array(size) };
  for (let cell = 0; cell < codes.length; cell += 1) {
    const code = codes[cell] ?? -1;
    if (code < 0) continue;
    sums.n[code] = (sums.n[code] ?? 0) + (n[cell] ?? 0);
    sums.x[code] = (sums.x[code] ?? 0) + (x[cell] ?? 0);
    sums.expected[code] = (sums.expected[code] ?? 0) + (expected[cell] ?? 0);
  }
  return sums;
};

/** A conjunction of dimensions: for every cell which of its combinations of values it has, large combinations only. */
interface Level {
  readonly dims: readonly number[];
  /** −1: too small a combination, or a value is missing. */
  readonly codes: Int32Array;
  /** Values per code. */
  readonly combos: readonly (readonly number[])[];
}

/** Keeps the large combinations of a raw coding and numbers them anew; what is too small has no large part either. */
const keepLarge = (
  raw: Int32Array,
  size: number,
  valuesOf: (code: number) => readonly number[],
  { cells, rules, dims, found }: Scan & { readonly dims: readonly number[] },
): Level | undefined => {
  const sums = sumByCode(raw, size, cells);
  const renumbered = new Int32Array(size).fill(-1);
  const combos: (readonly number[])[] = [];
  for (let code = 0; code < size; code += 1) {
    const own = { n: sums.n[code] ?? 0, x: sums.x[code] ?? 0, expected: sums.expected[code] ?? 0 };
    if (!isLarge(own, rules)) continue;
    const vals = valuesOf(code);
    renumbered[code] = combos.length;
    combos.push(vals);
    if (isHarmed(own, rules)) found({ ...own, dims, vals, score: departure(own, rules.direction) - dims.length });
  }
  if (combos.length === 0 || dims.length === mostConditions) return undefined;
  return { dims, combos, codes: raw.map((code) => (code < 0 ? -1 : (renumbered[code] ?? -1))) };
};

interface Scan {
  readonly cells: Cells;
  readonly rules: Rules;
  readonly found: (slice: Slice) => void;
}

/** Codes of "combination of the one and of the other"; renumbered by occurrence where there could be too many. */
const cross = (
  left: Level,
  right: Level,
): { readonly raw: Int32Array; readonly keys: Int32Array | undefined; readonly size: number } => {
  const width = right.combos.length;
  const size = left.combos.length * width;
  const raw = new Int32Array(left.codes.length);
  for (let cell = 0; cell < raw.length; cell += 1) {
    const [a, b] = [left.codes[cell] ?? -1, right.codes[cell] ?? -1];
    raw[cell] = a < 0 || b < 0 ? -1 : a * width + b;
  }
  if (size <= densest) return { raw, keys: undefined, size };
  const numbers = new Map<number, number>();
  for (let cell = 0; cell < raw.length; cell += 1) {
    const key = raw[cell] ?? -1;
    if (key < 0) continue;
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    raw[cell] = number;
  }
  return { raw, keys: Int32Array.from(numbers.keys()), size: numbers.size };
};

const join = (left: Level, right: Level, scan: Scan): Level | undefined => {
  const { raw, keys, size } = cross(left, right);
  const width = right.combos.length;
  const valuesOf = (code: number): readonly number[] => {
    const key = keys?.[code] ?? code;
    return [...(left.combos[Math.floor(key / width)] ?? []), ...(right.combos[key % width] ?? [])];
  };
  return keepLarge(raw, size, valuesOf, { ...scan, dims: [...left.dims, ...right.dims] });
};

/** All conjunctions of up to three dimensions, each built from one with a dimension less. */
const scanAll = (scan: Scan): void => {
  const { cells } = scan;
  const singles = cells.dimensions.map((_, dim) => {
    const column = cells.columns[dim] ?? new Int32Array();
    return keepLarge(column, cells.values[dim]?.length ?? 0, (code) => [code], { ...scan, dims: [dim] });
  });
  for (const [first, one] of singles.entries()) {
    for (const [second, two] of singles.entries()) {
      const pair = one === undefined || two === undefined || second <= first ? undefined : join(one, two, scan);
      if (pair === undefined) continue;
      for (const three of singles.slice(second + 1)) if (three !== undefined) join(pair, three, scan);
    }
  }
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

/** The best slice of these cells; the root where no narrower one explains more. */
const best = (cells: Cells, rules: Rules): Slice => {
  const all = sumAll(cells);
  let leader: Slice = { ...all, dims: [], vals: [], score: departure(all, rules.direction) };
  scanAll({
    cells,
    rules,
    found: (slice) => {
      const isBetter = slice.score > leader.score;
      if (isBetter || (slice.score === leader.score && compareTied(slice, leader, cells) < 0)) leader = slice;
    },
  });
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
