// A closed bin put into the rings, and what its slices learn from the bin an hour before: baselines, weekly pattern, daily totals.
import { hour, utcDayOf } from "#core/time.ts";
import {
  baselineCorrelation,
  baselineRate,
  baselineTrials,
  baselineWidth,
  foldBin,
  foldSeason,
  hourOfWeek,
  lagBins,
  seasonFactor,
} from "./baseline.ts";
import { binLength, binsPerDay, startOf } from "./bins.ts";
import type { Bin } from "./book-port.ts";
import { addToDay } from "./days.ts";
import { type Cell, everything, type Places, type Slice } from "./places.ts";
import {
  addCell,
  type ClosedBin,
  clockWidth,
  createPast,
  isFrozen,
  makeRoom,
  ringAt,
  type SeriesState,
} from "./series.ts";

const binsPerHour = hour / binLength;

/** A slice is judged from a day and 200 decayed trials on: before that what is normal is not known. */
const warmTrials = 200;
/** A weekly pattern is used once two weeks were seen. */
const binsForSeason = 14 * binsPerDay;
/** Decayed trials from which daily totals and a weekly pattern are kept. */
const trialsForPast = 60;

/** Writes a bin's sums into the rings of its slices, in place of what was there. Cells that are new are counted in. */
export const writeBin = (state: SeriesState, places: Places, closed: ClosedBin): void => {
  const { bin, cells, n, x } = closed;
  makeRoom(state, places);
  for (let slice = 0; slice < places.slices.length; slice += 1) {
    const at = ringAt(slice, bin);
    state.n[at] = 0;
    state.x[at] = 0;
  }
  for (let entry = 0; entry < cells.length; entry += 1) {
    const id = cells[entry] ?? 0;
    const cell = places.cells[id];
    if (cell === null || cell === undefined) continue;
    addCell(state, id, cell);
    const [trials, fired] = [n[entry] ?? 0, x[entry] ?? 0];
    for (const slice of cell.slices) {
      const at = ringAt(slice, bin);
      state.n[at] = (state.n[at] ?? 0) + trials;
      state.x[at] = (state.x[at] ?? 0) + fired;
      if (state.since[slice] === -1 || bin < (state.since[slice] ?? 0)) state.since[slice] = bin;
      if (bin > (state.seen[slice] ?? -1)) state.seen[slice] = bin;
    }
  }
  state.closed.set(bin, closed);
  if (cells.length === 0) return;
  if (state.first === -1 || bin < state.first) state.first = bin;
  state.last = Math.max(state.last, bin);
};

/** Factor of the bin's hour, of the slice or the next one above that learns its hours; 1 before two weeks were seen. */
const factorOf = (state: SeriesState, { slices }: Places, slice: number, bin: Bin): number => {
  let id = slice;
  while ((state.past[id]?.season ?? null) === null && (slices[id]?.parent ?? -1) >= 0) id = slices[id]?.parent ?? 0;
  const season = state.past[id]?.season ?? null;
  const since = state.since[id] ?? -1;
  if (season === null || since < 0 || bin - since < binsForSeason) return 1;
  return seasonFactor(season, 0, hourOfWeek(startOf(bin)));
};

/** Mean trials of a clock hour's bins, over about three days of it. */
const clockDecay = 0.5 ** (1 / (3 * binsPerHour));

const addToClock = (state: SeriesState, slice: number, bin: Bin, n: number): void => {
  const at = slice * clockWidth + 2 * (Math.floor(bin / binsPerHour) % 24);
  state.clock[at] = clockDecay * (state.clock[at] ?? 0) + 1;
  state.clock[at + 1] = clockDecay * (state.clock[at + 1] ?? 0) + n;
};

/** Expected of a bin that is learned: p̂ with the hour's factor, and that factor. */
interface Expected {
  readonly rate: number;
  readonly factor: number;
}

/** What a slice learns of a bin that nothing can correct any more. */
const learnBin = (state: SeriesState, { slices }: Places, id: number, bin: Bin, { rate, factor }: Expected): void => {
  const since = state.since[id] ?? -1;
  const slice = slices[id] ?? null;
  if (slice === null || since < 0 || bin < since) return;
  const at = ringAt(id, bin);
  const [n, x] = [state.n[at] ?? 0, state.x[at] ?? 0];
  const frozen = isFrozen(state, id, bin);
  let past = state.past[id] ?? null;
  if (past === null && !slice.isVersion && baselineTrials(state.base, id * baselineWidth) >= trialsForPast)
    state.past[id] = past = createPast(slice.level < 2);
  if (past !== null && n > 0) addToDay(past.days, 0, utcDayOf(startOf(bin)), x, n, !frozen);
  if (frozen) return;
  const season = past?.season ?? null;
  if (season !== null) foldSeason(season, 0, hourOfWeek(startOf(bin)), x, n, rate / factor);
  foldBin(state.base, id * baselineWidth, x, n, rate, factor);
  addToClock(state, id, bin, n);
};

const isOld = (state: SeriesState, slice: number, bin: Bin): boolean => {
  const since = state.since[slice] ?? -1;
  return since >= 0 && bin - since >= binsPerDay && baselineTrials(state.base, slice * baselineWidth) >= warmTrials;
};

const highestRate = 1 - 1e-9;

/** One slice that has a past of its own: learns the lagged bin, then says what it expects of this one. */
const learnSlice = (state: SeriesState, places: Places, slice: number, parentRate: number, bin: Bin): void => {
  const at = slice * baselineWidth;
  const lagged = bin - lagBins;
  const factor = factorOf(state, places, slice, lagged);
  const expected = Math.min(highestRate, baselineRate(state.base, at, parentRate) * factor);
  learnBin(state, places, slice, lagged, { rate: expected, factor });
  const rate = baselineRate(state.base, at, parentRate);
  const now = Math.min(highestRate, rate * factorOf(state, places, slice, bin));
  state.plain[slice] = rate;
  state.now[slice] = now;
  state.rate[ringAt(slice, bin)] = now;
  state.warm[slice] = isOld(state, slice, bin) ? 1 : 0;
};

/** Slices in the order in which they can be learned: wider before narrower, versions last. Only numbers that are in use. */
export interface Order {
  readonly own: Int32Array;
  readonly versions: Int32Array;
}

export const orderOf = ({ slices }: Places): Order => {
  const own: number[][] = [[], [], []];
  const versions: number[][] = [[], [], []];
  for (const [id, slice] of slices.entries())
    if (slice !== null) (slice.isVersion ? versions : own)[slice.level]?.push(id);
  return { own: Int32Array.from(own.flat()), versions: Int32Array.from(versions.flat()) };
};

/** The next wider slice that is no version. */
const ancestorOf = ({ slices }: Places, { parent }: Slice): number => {
  let id = parent;
  while (id > everything && slices[id]?.isVersion === true) id = slices[id]?.parent ?? everything;
  return Math.max(everything, id);
};

/** Trials of its feature that a ground's own rate is shrunk by, as slices are to their parents. */
const homeTrials = 20;

/** p̂ of a cell without its versions, with the hour's factor: of its ground, shrunk to its feature. */
const groundRate = (state: SeriesState, { ground, home }: Cell): number => {
  const plain = state.plain[home] ?? 0;
  const x = state.groundBase[2 * ground] ?? 0;
  const n = state.groundBase[2 * ground + 1] ?? 0;
  const rate = (x + homeTrials * plain) / (n + homeTrials);
  return plain > 0 ? Math.min(highestRate, (rate * (state.now[home] ?? 0)) / plain) : rate;
};

/** Sums over the warm cells of version slices in this bin, per slice: n, x, Σ n·p̂. */
export interface VersionSums {
  readonly n: Float64Array;
  readonly x: Float64Array;
  readonly expected: Float64Array;
}

/** Fills in what was expected of each cell and sums it up for the slices of versions: their cells' baselines, not their parents'. */
const expectOfCells = (
  state: SeriesState,
  places: Places,
  closed: ClosedBin,
): { all: Float64Array; warm: VersionSums } => {
  const size = places.slices.length;
  const all = new Float64Array(size);
  const warm = { n: new Float64Array(size), x: new Float64Array(size), expected: new Float64Array(size) };
  for (let entry = 0; entry < closed.cells.length; entry += 1) {
    const cell = places.cells[closed.cells[entry] ?? 0];
    if (cell === null || cell === undefined) continue;
    const rate = groundRate(state, cell);
    closed.rate[entry] = rate;
    const n = closed.n[entry] ?? 0;
    const isWarm = state.warm[cell.home] === 1;
    for (const id of cell.slices) {
      if (places.slices[id]?.isVersion !== true) continue;
      all[id] = (all[id] ?? 0) + n * rate;
      if (!isWarm) continue;
      warm.n[id] = (warm.n[id] ?? 0) + n;
      warm.x[id] = (warm.x[id] ?? 0) + (closed.x[entry] ?? 0);
      warm.expected[id] = (warm.expected[id] ?? 0) + n * rate;
    }
  }
  return { all, warm };
};

/**
 * φ's ρ̂ of a slice. Scatter is measured from 200 trials on; until then, and for versions, which have no past, a slice scatters at
 * least like what it is part of.
 */
export const correlationOf = (state: SeriesState, places: Places, id: number): number => {
  const own = baselineCorrelation(state.base, id * baselineWidth);
  const slice = places.slices[id];
  if (slice === null || slice === undefined || slice.parent < 0) return own;
  const isYoung = slice.isVersion || baselineTrials(state.base, id * baselineWidth) <= warmTrials;
  return isYoung ? Math.max(own, correlationOf(state, places, slice.parent)) : own;
};

const learnVersions = (
  state: SeriesState,
  places: Places,
  { versions }: Order,
  { bin, all, warm }: { readonly bin: Bin; readonly all: Float64Array; readonly warm: VersionSums },
): void => {
  for (const id of versions) {
    const slice = places.slices[id];
    if (slice === null || slice === undefined) continue;
    const lagged = bin - lagBins;
    learnBin(state, places, id, lagged, { rate: state.rate[ringAt(id, lagged)] ?? 0, factor: 1 });
    const ancestor = ancestorOf(places, slice);
    const n = state.n[ringAt(id, bin)] ?? 0;
    const rate = n > 0 ? (all[id] ?? 0) / n : (state.now[ancestor] ?? 0);
    state.plain[id] = rate;
    state.now[id] = rate;
    state.rate[ringAt(id, bin)] = rate;
    if (n > 0) state.warm[id] = 2 * (warm.n[id] ?? 0) >= n ? 1 : 0;
    else if (state.since[id] === -1) state.warm[id] = 0;
  }
};

/** A day's half-life. */
const groundDecay = 0.5 ** (1 / binsPerDay);

/** Grounds learn the bin of an hour ago, without the cells of slices that are frozen; those with such cells do not age. */
const learnGrounds = (state: SeriesState, places: Places, lagged: Bin): void => {
  const base = state.groundBase;
  const entries = state.closed.get(lagged);
  const frozen = new Set<number>();
  for (let slice = 0; slice < places.slices.length; slice += 1) if (isFrozen(state, slice, lagged)) frozen.add(slice);
  const isHeld = (cell: Cell): boolean => frozen.size > 0 && cell.slices.some((slice) => frozen.has(slice));
  const held = new Set<number>();
  for (const id of frozen.size > 0 ? (entries?.cells ?? []) : []) {
    const cell = places.cells[id];
    if (cell !== null && cell !== undefined && isHeld(cell)) held.add(cell.ground);
  }
  for (let ground = 0; ground < places.grounds.length; ground += 1) {
    if (held.has(ground)) continue;
    base[2 * ground] = groundDecay * (base[2 * ground] ?? 0);
    base[2 * ground + 1] = groundDecay * (base[2 * ground + 1] ?? 0);
  }
  if (entries === undefined) return;
  for (const [entry, id] of entries.cells.entries()) {
    const cell = places.cells[id];
    if (cell === null || cell === undefined || isHeld(cell)) continue;
    const at = 2 * cell.ground;
    base[at] = (base[at] ?? 0) + (entries.x[entry] ?? 0);
    base[at + 1] = (base[at + 1] ?? 0) + (entries.n[entry] ?? 0);
  }
};

/** All slices of a series learn the bin an hour back and say what they expect of the one just written. */
export const learn = (
  state: SeriesState,
  places: Places,
  order: Order,
  { closed, prior }: { readonly closed: ClosedBin; readonly prior: number },
): VersionSums => {
  const { bin } = closed;
  for (const id of order.own) {
    const parent = places.slices[id]?.parent ?? -1;
    learnSlice(state, places, id, parent < 0 ? prior : (state.plain[parent] ?? prior), bin);
  }
  learnGrounds(state, places, bin - lagBins);
  const { all, warm } = expectOfCells(state, places, closed);
  learnVersions(state, places, order, { bin, all, warm });
  return warm;
};

/** Corrected sums of an earlier bin: its cells keep what was expected of them then. */
export const correctRates = (state: SeriesState, places: Places, before: ClosedBin, after: ClosedBin): void => {
  const expected = new Float64Array(places.slices.length);
  const rates = new Map<number, number>();
  for (const [entry, id] of before.cells.entries()) rates.set(id, before.rate[entry] ?? 0);
  for (const [entry, id] of after.cells.entries()) {
    const cell = places.cells[id];
    if (cell === null || cell === undefined) continue;
    const rate = rates.get(id) ?? groundRate(state, cell);
    after.rate[entry] = rate;
    for (const slice of cell.slices) expected[slice] = (expected[slice] ?? 0) + (after.n[entry] ?? 0) * rate;
  }
  for (const [id, slice] of places.slices.entries()) {
    const at = ringAt(id, after.bin);
    if (slice?.isVersion === true && (state.n[at] ?? 0) > 0) state.rate[at] = (expected[id] ?? 0) / (state.n[at] ?? 1);
    else if (state.rate[at] === 0) state.rate[at] = state.now[id] ?? 0;
  }
};
