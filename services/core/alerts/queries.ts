// Questions about any slice of a series over stored bins: who was harmed, which cells it has, how its shares moved.
import { quickHash } from "#core/ids.ts";
import { utcDayOf } from "#core/time.ts";
import { binLength } from "./bins.ts";
import type { Bin, BinSums, Book, Scope, Sums, Users } from "./book-port.ts";
import { dimensions, indexOfDimension, isVersion } from "./dimensions.ts";
import type { Cells } from "./localise.ts";
import type { MixPart } from "./mix.ts";
import { cellsWithin } from "./places.ts";
import type { SeriesState } from "./series.ts";
import { eachEntry } from "./sums.ts";
import type { TenantState } from "./tenant.ts";
import { addSketch, countUsers, type Harmed, heaviestUser, trialsOf } from "./users.ts";
import type { Values } from "./values.ts";

/** Where a series is kept. */
export interface Found {
  readonly tenant: TenantState;
  readonly state: SeriesState;
}

const sumOf = (column: Float64Array): number => column.reduce((all, own) => all + own, 0);

/** Sums of all bins. */
export const total = ({ n, x, expected }: BinSums): Sums => ({ n: sumOf(n), x: sumOf(x), expected: sumOf(expected) });

/** Which outcome of an entry is harm. */
export const harmOf = ({ unfired }: SeriesState, n: number, x: number): number => (unfired ? n - x : x);

interface DayOfUsers {
  readonly harmed: Harmed;
  unknown: number;
}

const usersByDay = ({ tenant, state }: Found, scope: Scope, from: Bin, to: Bin): ReadonlyMap<number, DayOfUsers> => {
  const days = new Map<number, DayOfUsers>();
  eachEntry(state, tenant.places, scope, [from, to], (closed, entry) => {
    const number = utcDayOf(closed.bin * binLength);
    let own = days.get(number);
    if (own === undefined) days.set(number, (own = { harmed: new Map(), unknown: 0 }));
    own.unknown += closed.unknown[entry] ?? 0;
    const [start, end] = [closed.sketchAt[entry] ?? 0, closed.sketchAt[entry + 1] ?? 0];
    if (end > start) addSketch(own.harmed, closed.sketches.subarray(start, end));
  });
  return days;
};

/** Harmful trials of each day's heaviest user, per bin. */
export const heaviestByBin = (found: Found, scope: Scope, from: Bin, to: Bin): Float64Array => {
  const byBin = new Float64Array(Math.max(0, to - from + 1));
  const heaviest = new Map<number, bigint>();
  for (const [day, { harmed }] of usersByDay(found, scope, from, to)) {
    const user = heaviestUser(harmed);
    if (user !== undefined) heaviest.set(day, user.hash);
  }
  eachEntry(found.state, found.tenant.places, scope, [from, to], (closed, entry) => {
    const hash = heaviest.get(utcDayOf(closed.bin * binLength));
    const [start, end] = [closed.sketchAt[entry] ?? 0, closed.sketchAt[entry + 1] ?? 0];
    if (hash === undefined || end === start) return;
    const at = closed.bin - from;
    byBin[at] = (byBin[at] ?? 0) + trialsOf(hash, closed.sketches.subarray(start, end));
  });
  return byBin;
};

const readExamples = (json: string): readonly string[] => {
  try {
    const ids: unknown = JSON.parse(json);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
};

const mostExamples = 5;

const smallestHashes = (ids: ReadonlySet<string>): readonly string[] =>
  [...ids]
    .map((id) => ({ id, hash: quickHash(id) }))
    .toSorted((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1))
    .slice(0, mostExamples)
    .map(({ id }) => id);

/** Sums per cell over a window, by number of the cell. */
const sumsByCell = (
  { tenant, state }: Found,
  scope: Scope,
  from: Bin,
  to: Bin,
): ReadonlyMap<number, { n: number; x: number; expected: number }> => {
  const sums = new Map<number, { n: number; x: number; expected: number }>();
  eachEntry(state, tenant.places, scope, [from, to], (closed, entry) => {
    const id = closed.cells[entry] ?? 0;
    let sum = sums.get(id);
    if (sum === undefined) sums.set(id, (sum = { n: 0, x: 0, expected: 0 }));
    const n = closed.n[entry] ?? 0;
    sum.n += n;
    sum.x += closed.x[entry] ?? 0;
    sum.expected += n * (closed.rate[entry] ?? 0);
  });
  return sums;
};

const columnOf = (values: readonly (string | null)[]): { names: string[]; column: Int32Array } => {
  const names = [...new Set(values.filter((value) => value !== null))].toSorted();
  const numbers = new Map(names.map((name, index) => [name, index]));
  return { names, column: Int32Array.from(values, (value) => (value === null ? -1 : (numbers.get(value) ?? -1))) };
};

export const cellsOf = (found: Found, scope: Scope, from: Bin, to: Bin): Cells => {
  const { cells } = found.tenant.places;
  const sums = [...sumsByCell(found, scope, from, to)]
    .flatMap(([id, sum]) => {
      const cell = cells[id];
      return cell === null || cell === undefined ? [] : [{ cell, sum }];
    })
    .toSorted((a, b) => (a.cell.key < b.cell.key ? -1 : 1));
  const columns = dimensions.map((_, dimension) => columnOf(sums.map(({ cell }) => cell.values[dimension] ?? null)));
  return {
    dimensions,
    values: columns.map(({ names }) => names),
    columns: columns.map(({ column }) => column),
    n: Float64Array.from(sums, ({ sum }) => sum.n),
    x: Float64Array.from(sums, ({ sum }) => sum.x),
    expected: Float64Array.from(sums, ({ sum }) => sum.expected),
  };
};

interface Shares {
  nBefore: number;
  xBefore: number;
  nNow: number;
  xNow: number;
}

export const mixOf = (
  found: Found,
  scope: Scope,
  dimension: string,
  window: readonly [Bin, Bin],
): readonly (MixPart & { readonly value: string })[] => {
  const { places } = found.tenant;
  const at = indexOfDimension(dimension);
  const shares = new Map<string, Shares>();
  const sharesOf = (values: Values): Shares => {
    const value = values[at] ?? "";
    let own = shares.get(value);
    if (own === undefined) shares.set(value, (own = { nBefore: 0, xBefore: 0, nNow: 0, xNow: 0 }));
    return own;
  };
  const stable = scope
    .filter(([name]) => !isVersion(name))
    .map(([name, value]) => [indexOfDimension(name), value] as const);
  for (const [id, ground] of places.grounds.entries()) {
    const n = found.state.groundBase[2 * id + 1] ?? 0;
    if (ground === null || n === 0 || !stable.every(([index, value]) => ground.values[index] === value)) continue;
    const own = sharesOf(ground.values);
    own.nBefore += n;
    own.xBefore += found.state.groundBase[2 * id] ?? 0;
  }
  for (const [id, { n, x }] of sumsByCell(found, scope, ...window)) {
    const own = sharesOf(places.cells[id]?.values ?? []);
    own.nNow += n;
    own.xNow += x;
  }
  return [...shares]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, { nBefore, xBefore, nNow, xNow }]) => ({
      value,
      weightBefore: nBefore,
      weightNow: nNow,
      rateBefore: nBefore > 0 ? xBefore / nBefore : 0,
      rateNow: nNow > 0 ? xNow / nNow : 0,
    }));
};

export const usersOf = (found: Found, scope: Scope, from: Bin, to: Bin): Users => {
  let [count, heaviest] = [0, 0];
  for (const { harmed, unknown } of usersByDay(found, scope, from, to).values()) {
    count = Math.max(count, countUsers(harmed) + unknown);
    heaviest = Math.max(heaviest, heaviestUser(harmed)?.trials ?? 0);
  }
  return { count, heaviest };
};

export const examplesOf = ({ tenant, state }: Found, scope: Scope, from: Bin, to: Bin): readonly string[] => {
  const ids = new Set<string>();
  eachEntry(state, tenant.places, scope, [from, to], (closed, entry) => {
    for (const json of closed.examples.get(entry) ?? []) for (const id of readExamples(json)) ids.add(id);
  });
  return smallestHashes(ids);
};

/** Trials in both scopes and in each. */
export const overlapOf = (
  found: Found,
  a: Scope,
  b: Scope,
  window: readonly [Bin, Bin],
): ReturnType<Book["overlap"]> => {
  const sums = { both: 0, a: 0, b: 0 };
  const { places } = found.tenant;
  const [inA, inB] = [cellsWithin(places, a), cellsWithin(places, b)];
  for (const [id, { n }] of sumsByCell(found, [], ...window)) {
    if (inA[id] === 1) sums.a += n;
    if (inB[id] === 1) sums.b += n;
    if (inA[id] === 1 && inB[id] === 1) sums.both += n;
  }
  return sums;
};
