// Sums of any slice over stored bins: from its rings where it is tracked, else from its cells.

import { utcDayOf } from "#core/time.ts";
import { lagBins } from "./baseline.ts";
import { binsPerDay, startOf, storedBins } from "./bins.ts";
import type { Bin, BinSums, Scope } from "./book-port.ts";
import { totalOfDay } from "./days.ts";
import { sliceName } from "./dimensions.ts";
import { cellsWithin, type Places } from "./places.ts";
import type { Counts } from "./probability.ts";
import { type ClosedBin, ringAt, type SeriesState } from "./series.ts";

/** Visits every entry of the bins from … to that lies in the scope, oldest first. */
export const eachEntry = (
  state: SeriesState,
  places: Places,
  scope: Scope,
  [from, to]: readonly [Bin, Bin],
  visit: (closed: ClosedBin, entry: number) => void,
): void => {
  const inside = cellsWithin(places, scope);
  for (let bin = from; bin <= to; bin += 1) {
    const closed = state.closed.get(bin);
    if (closed === undefined) continue;
    for (let entry = 0; entry < closed.cells.length; entry += 1)
      if (inside[closed.cells[entry] ?? -1] === 1) visit(closed, entry);
  }
};

export const sumsByBin = (state: SeriesState, places: Places, scope: Scope, from: Bin, to: Bin): BinSums => {
  const length = Math.max(0, to - from + 1);
  const sums = { n: new Float64Array(length), x: new Float64Array(length), expected: new Float64Array(length) };
  const slice = places.sliceIds.get(sliceName(scope));
  if (slice !== undefined && slice < state.capacity) {
    for (let index = 0; index < length; index += 1) {
      if (!state.closed.has(from + index)) continue;
      const at = ringAt(slice, from + index);
      const n = state.n[at] ?? 0;
      sums.n[index] = n;
      sums.x[index] = state.x[at] ?? 0;
      sums.expected[index] = n * (state.rate[at] ?? 0);
    }
    return sums;
  }
  eachEntry(state, places, scope, [from, to], (closed, entry) => {
    const index = closed.bin - from;
    const n = closed.n[entry] ?? 0;
    sums.n[index] = (sums.n[index] ?? 0) + n;
    sums.x[index] = (sums.x[index] ?? 0) + (closed.x[entry] ?? 0);
    sums.expected[index] = (sums.expected[index] ?? 0) + n * (closed.rate[entry] ?? 0);
  });
  return sums;
};

const countsInRing = (state: SeriesState, id: number, bin: Bin, bins: number): Counts => {
  let [x, n] = [0, 0];
  for (let back = 0; back < bins; back += 1) {
    const at = ringAt(id, bin - back);
    x += state.x[at] ?? 0;
    n += state.n[at] ?? 0;
  }
  return { x, n };
};

/** Counts of the UTC day in which the bin lies, up to it: what the day's totals hold, and the bins that have not reached them yet. */
export const countsOfDay = (state: SeriesState, id: number, bin: Bin): Counts => {
  const number = utcDayOf(startOf(bin));
  const past = state.past[id] ?? null;
  if (past === null) return { x: 0, n: 0 };
  const { x, n } = totalOfDay(past.days, 0, number);
  const recent = countsInRing(state, id, bin, Math.min(lagBins, (bin % binsPerDay) + 1));
  return { x: x + recent.x, n: n + recent.n };
};

/** Counts of the last so many bins up to `bin`; beyond what is stored, of as many UTC days, today as far as it has come. */
export const countsOver = (state: SeriesState, id: number, bin: Bin, bins: number): Counts => {
  if (bins <= storedBins) return countsInRing(state, id, bin, bins);
  let { x, n } = countsOfDay(state, id, bin);
  const days = state.past[id]?.days ?? new Float64Array();
  const today = utcDayOf(startOf(bin));
  for (let back = 1; back < Math.ceil(bins / binsPerDay); back += 1) {
    const before = totalOfDay(days, 0, today - back);
    x += before.x;
    n += before.n;
  }
  return { x, n };
};
