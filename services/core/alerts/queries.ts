// Questions about any slice, tracked or not, over the stored bins: answered from cells.
import { quickHash } from "#core/ids.ts";
import { utcDayOf } from "#core/time.ts";
import { overDispersion } from "./baseline.ts";
import type { Bin, BinSums, Scope, Sums, Users } from "./book-port.ts";
import {
  type CellBin,
  type CellState,
  type Part,
  type SeriesState,
  storedBins,
  type TrackState,
} from "./book-state.ts";
import { dimensions, indexOfDimension, isVersion } from "./dimensions.ts";
import { stepFall, stepRise } from "./e-process.ts";
import type { Cells } from "./localise.ts";
import type { MixPart } from "./mix.ts";
import { correlationOf } from "./rates.ts";
import { addUsers, createUserSet, harmOf, heaviestOf, readUsers } from "./users.ts";

/** Whether a cell lies in a slice. */
export const within = (scope: Scope): ((cell: CellState) => boolean) => {
  const wanted = scope.map(([dimension, value]) => [indexOfDimension(dimension), value] as const);
  return ({ values }) => wanted.every(([index, value]) => (values[index] ?? null) === value);
};

/** Calls `take` for every cell of the scope in every stored bin from … to. */
const visit = (
  series: SeriesState,
  scope: Scope,
  { from, to }: { readonly from: Bin; readonly to: Bin },
  take: (own: CellBin, cell: CellState, bin: Bin) => void,
): void => {
  const inside = within(scope);
  for (let bin = Math.max(from, to - storedBins + 1); bin <= to; bin += 1)
    for (const [cell, own] of series.bins.get(bin) ?? []) if (inside(cell)) take(own, cell, bin);
};

export const binsIn = (series: SeriesState, scope: Scope, from: Bin, to: Bin): BinSums => {
  const first = Math.max(from, to - storedBins + 1);
  const size = Math.max(0, to - first + 1);
  const sums = { n: new Float64Array(size), x: new Float64Array(size), expected: new Float64Array(size) };
  visit(series, scope, { from, to }, (own, _, bin) => {
    const at = bin - first;
    sums.n[at] = (sums.n[at] ?? 0) + own.n;
    sums.x[at] = (sums.x[at] ?? 0) + own.x;
    sums.expected[at] = (sums.expected[at] ?? 0) + own.expected;
  });
  return sums;
};

export const sumsIn = (series: SeriesState, scope: Scope, from: Bin, to: Bin): Sums => {
  let [n, x, expected] = [0, 0, 0];
  visit(series, scope, { from, to }, (own) => {
    n += own.n;
    x += own.x;
    expected += own.expected;
  });
  return { n, x, expected };
};

const harmIn = ({ direction }: SeriesState, { n, x }: Part): number => (direction === "rise" ? x : n - x);

const userSetIn = (series: SeriesState, scope: Scope, from: Bin, to: Bin) => {
  const set = createUserSet();
  visit(series, scope, { from, to }, ({ parts }) => {
    for (const part of parts) addUsers(set, part, harmIn(series, part));
  });
  return set;
};

export const usersIn = (series: SeriesState, scope: Scope, from: Bin, to: Bin): Users =>
  readUsers(userSetIn(series, scope, from, to));

const mostExamples = 5;

const idsIn = (text: string): readonly string[] => {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
};

export const examplesIn = (series: SeriesState, scope: Scope, from: Bin, to: Bin): readonly string[] => {
  const ids = new Set<string>();
  visit(series, scope, { from, to }, ({ parts }) => {
    for (const { examples } of parts) if (examples !== null) for (const id of idsIn(examples)) ids.add(id);
  });
  const hashed = [...ids].map((id) => ({ id, hash: quickHash(id) }));
  return hashed
    .toSorted((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1))
    .slice(0, mostExamples)
    .map(({ id }) => id);
};

/** The scope's cells with their sums, in order of key: the same whatever the order in which they came. */
const cellSums = (series: SeriesState, scope: Scope, from: Bin, to: Bin) => {
  const found = new Map<CellState, { n: number; x: number; expected: number }>();
  visit(series, scope, { from, to }, (own, cell) => {
    const sum = found.get(cell) ?? { n: 0, x: 0, expected: 0 };
    sum.n += own.n;
    sum.x += own.x;
    sum.expected += own.expected;
    found.set(cell, sum);
  });
  return [...found].filter(([, { n }]) => n > 0).toSorted(([a], [b]) => (a.key < b.key ? -1 : 1));
};

export const cellsIn = (series: SeriesState, scope: Scope, from: Bin, to: Bin): Cells => {
  const sums = cellSums(series, scope, from, to);
  const names = dimensions.map(() => new Map<string, number>());
  const columns = dimensions.map(() => new Int32Array(sums.length).fill(-1));
  for (const [row, [cell]] of sums.entries())
    for (const [index, value] of cell.values.entries()) {
      if (value === null) continue;
      const known = names[index];
      let number = known?.get(value);
      if (number === undefined) known?.set(value, (number = known.size));
      const column = columns[index];
      if (column !== undefined && number !== undefined) column[row] = number;
    }
  return {
    dimensions,
    values: names.map((known) => [...known.keys()]),
    columns,
    n: Float64Array.from(sums, ([, { n }]) => n),
    x: Float64Array.from(sums, ([, { x }]) => x),
    expected: Float64Array.from(sums, ([, { expected }]) => expected),
  };
};

/** Largest E over the scope's bins, from 0, as if the heaviest user of each day had not been there. */
export const evidenceWithoutHeaviest = (
  track: TrackState,
  smallestRatio: number,
  { scope, from, to }: { readonly scope: Scope; readonly from: Bin; readonly to: Bin },
): number => {
  const { series } = track;
  const users = userSetIn(series, scope, from, to);
  const { n, x, expected } = binsIn(series, scope, from, to);
  const first = to - n.length + 1;
  const harm = new Float64Array(n.length);
  const heaviest = new Map([...users.days.keys()].map((day) => [day, heaviestOf(users, day)?.user]));
  visit(series, scope, { from, to }, ({ parts }, _, bin) => {
    for (const part of parts) {
      const user = heaviest.get(utcDayOf(part.minute));
      if (user !== undefined) harm[bin - first] = (harm[bin - first] ?? 0) + harmOf(part, user);
    }
  });
  const rises = series.direction === "rise";
  const step = rises ? stepRise : stepFall;
  const state = new Float64Array(4);
  const correlation = correlationOf(track);
  let most = 0;
  for (const [at, trials] of n.entries()) {
    const own = harm[at] ?? 0;
    const left = trials - own;
    if (left <= 0) continue;
    const rate = Math.min(0.999, (expected[at] ?? 0) / trials);
    if (!(rate > 0)) continue;
    const fired = Math.max(0, (x[at] ?? 0) - (rises ? own : 0));
    const phi = overDispersion(left, correlation);
    most = Math.max(most, step(state, 0, Math.min(fired, left), left, rate, smallestRatio, phi));
  }
  return most;
};

/** Before: a decayed day of the grounds; now: the window. Only dimensions that are no versions have a before. */
export const mixIn = (
  series: SeriesState,
  scope: Scope,
  dimension: string,
  { from, to }: { readonly from: Bin; readonly to: Bin },
): readonly (MixPart & { readonly value: string })[] => {
  const stable = scope.filter(([name]) => !isVersion(name));
  const before = new Map<string, { n: number; x: number }>();
  for (const { pairs, state } of series.grounds.values()) {
    if (!stable.every(([name, value]) => pairs.some(([own, other]) => own === name && other === value))) continue;
    const value = pairs.find(([name]) => name === dimension)?.[1] ?? "";
    const sum = before.get(value) ?? { n: 0, x: 0 };
    sum.x += state[0] ?? 0;
    sum.n += state[1] ?? 0;
    before.set(value, sum);
  }
  const index = indexOfDimension(dimension);
  const now = new Map<string, { n: number; x: number }>();
  visit(series, scope, { from, to }, (own, { values }) => {
    const value = values[index] ?? "";
    const sum = now.get(value) ?? { n: 0, x: 0 };
    sum.n += own.n;
    sum.x += own.x;
    now.set(value, sum);
  });
  return [...new Set([...before.keys(), ...now.keys()])].toSorted().map((value) => {
    const [then, today] = [before.get(value), now.get(value)];
    return {
      value,
      weightBefore: then?.n ?? 0,
      weightNow: today?.n ?? 0,
      rateBefore: then !== undefined && then.n > 0 ? then.x / then.n : 0,
      rateNow: today !== undefined && today.n > 0 ? today.x / today.n : 0,
    };
  });
};

export const overlapIn = (
  series: SeriesState,
  [a, b]: readonly [Scope, Scope],
  { from, to }: { readonly from: Bin; readonly to: Bin },
): { readonly both: number; readonly a: number; readonly b: number } => {
  const [inA, inB] = [within(a), within(b)];
  const sums = { both: 0, a: 0, b: 0 };
  visit(series, [], { from, to }, ({ n }, cell) => {
    const [isA, isB] = [inA(cell), inB(cell)];
    if (isA) sums.a += n;
    if (isB) sums.b += n;
    if (isA && isB) sums.both += n;
  });
  return sums;
};
