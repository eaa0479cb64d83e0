// Where it began and which slice it is: from an alarm to its evidence window, the root slice, and what else is needed to explain it.

import { binsPerDay, storedBins } from "./bins.ts";
import type { Bin, BinSums, Book, Candidate, Scope, Series, Sums, Track } from "./book-port.ts";
import { isVersion, sliceName } from "./dimensions.ts";
import { type Evidence, harmRatio } from "./guards.ts";
import { type Cause, type Cells, localise } from "./localise.ts";
import { findOnset } from "./onset.ts";
import type { Guards } from "./rules.ts";
import { canMeet, isWithin } from "./scope.ts";

const isVersioned = ({ pairs }: Track): boolean => pairs.some(([dimension]) => isVersion(dimension));

/** Bins of a track against its own baseline; versions have no past and are judged by what their cells come from. */
const ownBins = (book: Book, track: Track, from: Bin, to: Bin): BinSums => {
  const bins = book.bins(track.series, track.pairs, from, to);
  if (isVersioned(track)) return bins;
  const { baseline } = book.standing(track);
  return { ...bins, expected: bins.n.map((n) => n * baseline) };
};

/** The same as one sum. */
export const ownSums = (book: Book, track: Track, from: Bin, to: Bin): Sums => {
  const sums = book.sums(track.series, track.pairs, from, to);
  return isVersioned(track) ? sums : { ...sums, expected: sums.n * book.standing(track).baseline };
};

/** A slow rise is told after three days running. */
const sustainedDays = 3;

/** The last full day of a track against its month: today's where the day has just ended. */
const dayOf = (book: Book, track: Track, bin: Bin): Sums => {
  const { rate, today, yesterday } = book.reference(track);
  const { n, x } = bin % binsPerDay === binsPerDay - 1 ? today : yesterday;
  return { n, x, expected: n * rate };
};

/** The evidence window W of a candidate at the end of a bin; bins before `restart` belong to an earlier episode. Undefined: no rise. */
export const findEvidence = (book: Book, candidate: Candidate, bin: Bin, restart: Bin): Evidence | undefined => {
  const { track, trigger } = candidate;
  if (trigger === "sustained") {
    const firstDay =
      Math.floor(bin / binsPerDay) - (bin % binsPerDay === binsPerDay - 1 ? sustainedDays - 1 : sustainedDays);
    return { candidate, from: firstDay * binsPerDay, to: bin, sums: dayOf(book, track, bin) };
  }
  const first = Math.max(bin - storedBins + 1, restart);
  const onset = findOnset(ownBins(book, track, first, bin), track.series.direction);
  return onset && { candidate, from: first + onset.start, to: bin, sums: onset };
};

const selectCells = (cells: Cells, isKept: (cell: number) => boolean): Cells => {
  const kept = (_: number, cell: number): boolean => isKept(cell);
  return {
    ...cells,
    columns: cells.columns.map((column) => column.filter(kept)),
    n: cells.n.filter(kept),
    x: cells.x.filter(kept),
    expected: cells.expected.filter(kept),
  };
};

/** Whether a cell lies in a slice. */
export const cellTest = ({ dimensions, values, columns }: Cells, scope: Scope): ((cell: number) => boolean) => {
  const wanted = scope.map(([dimension, value]) => {
    const at = dimensions.indexOf(dimension);
    return { column: columns[at], code: values[at]?.indexOf(value) ?? -1 };
  });
  return (cell) => wanted.every(({ column, code }) => code >= 0 && column?.[cell] === code);
};

export const sumCells = ({ n, x, expected }: Cells, isCounted: (cell: number) => boolean): Sums => {
  const sums = { n: 0, x: 0, expected: 0 };
  for (let cell = 0; cell < n.length; cell += 1) {
    if (!isCounted(cell)) continue;
    sums.n += n[cell] ?? 0;
    sums.x += x[cell] ?? 0;
    sums.expected += expected[cell] ?? 0;
  }
  return sums;
};

const scopeOf = ({ conditions }: Cause): Scope =>
  conditions.map(({ dimension, value }) => [dimension, value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));

const quietRatio = 1.25;

/**
 * A child hardly worse than its parent is told as the parent, unless what the parent holds besides is at its baseline: then the
 * child is all there is to tell.
 */
const widen = (cells: Cells, scope: Scope, series: Series): Scope => {
  const isInside = cellTest(cells, scope);
  const inside = sumCells(cells, isInside);
  for (const [dimension] of scope) {
    const parent = scope.filter(([own]) => own !== dimension);
    const isInParent = cellTest(cells, parent);
    const whole = sumCells(cells, isInParent);
    const rest = sumCells(cells, (cell) => isInParent(cell) && !isInside(cell));
    const isAlike = harmRatio(inside, series.direction) <= quietRatio * harmRatio(whole, series.direction);
    if (isAlike && rest.n > 0 && harmRatio(rest, series.direction) >= quietRatio) return widen(cells, parent, series);
  }
  return scope;
};

/** Users below which a slice is not named. */
export const fewestUsers = 5;

export interface Root {
  readonly scope: Scope;
  /** What explains the rest of the rise, the strongest first. */
  readonly causes: readonly Scope[];
  /** All cells of the tenant and signal in the window. */
  readonly cells: Cells;
}

/** A slice wide enough to be named: conditions are dropped from the end, versions first, until five users stand behind it. */
export const nameable = (book: Book, series: Series, scope: Scope, from: Bin, to: Bin): Scope => {
  if (scope.length === 0 || book.users(series, scope, from, to).count >= fewestUsers) return scope;
  const dropped = scope.findLast(([dimension]) => isVersion(dimension)) ?? scope.at(-1);
  return nameable(
    book,
    series,
    scope.filter((pair) => pair !== dropped),
    from,
    to,
  );
};

/** Hides slices with fewer than five users, and with the first the smallest of the others, from which it could be reckoned. */
export const hideSmall = <T>(
  list: readonly T[],
  usersOf: (one: T) => number,
  sizeOf: (one: T) => number,
): readonly T[] => {
  const shown = list.filter((one) => usersOf(one) >= fewestUsers);
  if (shown.length === list.length) return shown;
  let smallest: T | undefined;
  for (const one of shown) if (smallest === undefined || sizeOf(one) < sizeOf(smallest)) smallest = one;
  return shown.filter((one) => one !== smallest);
};

export interface RootOptions {
  readonly guards: Guards;
  /** Slices that live incidents of the signal explain already. */
  readonly explained: readonly Scope[];
}

/** Scans the window's cells for the slice that the candidate is about. */
export const findRoot = (book: Book, evidence: Evidence, { guards, explained }: RootOptions): Root => {
  const { candidate, to } = evidence;
  const from = Math.max(evidence.from, to - storedBins + 1);
  const { series, pairs } = candidate.track;
  const cells = book.cells(series, [], from, to);
  const tests = explained.map((scope) => cellTest(cells, scope));
  const left = tests.length === 0 ? cells : selectCells(cells, (cell) => !tests.some((test) => test(cell)));
  const { minRatio: smallestRatio, minTrials: fewestTrials, minFired: fewestFired } = guards;
  const found = localise(left, { direction: series.direction, smallestRatio, fewestTrials, fewestFired }).map(scopeOf);
  const isOwn = (scope: Scope): boolean => canMeet(scope, pairs);
  const own = candidate.trigger === "sustained" ? pairs : widen(left, found.find(isOwn) ?? pairs, series);
  const scope = nameable(book, series, own, from, to);
  const usersOf = (other: Scope): number => book.users(series, other, from, to).count;
  const others = found.filter(
    (other) => other.length > 0 && sliceName(other) !== sliceName(own) && !isWithin(scope, other),
  );
  return {
    scope,
    causes: hideSmall(others, usersOf, (other) => book.sums(series, other, from, to).n),
    cells,
  };
};

/** The slice above: without its last condition, versions first; null above everything. */
export const parentOf = (scope: Scope): string | null => {
  if (scope.length === 0) return null;
  const dropped =
    scope.findLast(([dimension]) => isVersion(dimension)) ??
    scope.findLast(([dimension]) => dimension !== "feature") ??
    scope.at(-1);
  const parent = scope.filter((pair) => pair !== dropped);
  return sliceName(parent);
};
