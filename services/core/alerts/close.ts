// The end of a bin for one series: cells are added up into slices, baselines take the bin that is an hour old, evidence takes a step.
import { hour as hourLength, utcDayOf } from "#core/time.ts";
import { foldBin, foldSeason, hourOfWeek, lagBins, overDispersion } from "./baseline.ts";
import type { Bin } from "./book-port.ts";
import {
  binsPerDay,
  type CellBin,
  type CellState,
  endOf,
  exact,
  type Ground,
  grace,
  type SeriesState,
  slotOf,
  startOf,
  storedBins,
  type TrackState,
} from "./book-state.ts";
import { cusumStep, trialSteps } from "./charts.ts";
import { addToDay, referenceDays, totalOfDay } from "./days.ts";
import { meanEvidence, stepFall, stepRise } from "./e-process.ts";
import { correlationOf, factorOf, groundRate, isWarm, rateOf } from "./rates.ts";
import type { Rule } from "./rules.ts";
import { isSustained, judgeDay, nextRun } from "./sustained.ts";

const decay = 0.5 ** (1 / binsPerDay);
/** Above its threshold for so long without an incident: it is the new normal, not news. */
const longestAlarm = 3 * binsPerDay;

/** What a series needs from outside: rules and priors, and places for cells that are new. */
export interface CloseOptions {
  readonly bin: Bin;
  readonly prior: number;
  readonly ruleOf: (track: TrackState) => Rule;
  readonly place: (cell: CellState) => void;
}

/** 28 days of bins: one false alarm per slice and month. */
export const month = 28 * binsPerDay;

const emptyCells: ReadonlyMap<CellState, CellBin> = new Map();

const cellsOf = (series: SeriesState, bin: Bin): ReadonlyMap<CellState, CellBin> => series.bins.get(bin) ?? emptyCells;

/** New cells get their slices in order of key, so that arrival order decides nothing. */
const placeNew = (series: SeriesState, bin: Bin, place: (cell: CellState) => void): void => {
  const fresh = [...cellsOf(series, bin).keys()].filter((cell) => cell.of[series.index] === undefined);
  for (const cell of fresh.toSorted((a, b) => (a.key < b.key ? -1 : 1))) place(cell);
};

const clearSlot = (track: TrackState, slot: number): void => {
  track.n[slot] = 0;
  track.x[slot] = 0;
  track.expected[slot] = 0;
  track.frozenBins[slot] = 0;
};

/** Adds the bin's cells up; expected counts are exact sums, see `exact`. */
const rollUp = (series: SeriesState, { bin, prior }: CloseOptions): void => {
  const slot = slotOf(bin);
  for (const track of series.tracks.values()) clearSlot(track, slot);
  for (const [cell, own] of cellsOf(series, bin)) {
    const placed = cell.of[series.index];
    if (placed === undefined) continue;
    const { ground, tracks } = placed;
    own.expected = exact(own.n * Math.min(1, groundRate(ground, prior) * factorOf(ground.home, bin)));
    for (const track of tracks) {
      track.n[slot] = (track.n[slot] ?? 0) + own.n;
      track.x[slot] = (track.x[slot] ?? 0) + own.x;
      if (track.versioned) track.expected[slot] = (track.expected[slot] ?? 0) + own.expected;
    }
  }
};

/** Grounds decay by time, also over bins in which they had no trial. */
const foldGround = (ground: Ground, bin: Bin, x: number, n: number): void => {
  const gap = decay ** Math.max(0, bin - ground.foldedBin - 1);
  for (let i = 0; i < ground.state.length; i += 1) ground.state[i] = (ground.state[i] ?? 0) * gap;
  foldBin(ground.state, 0, x, n, 0.5);
  ground.foldedBin = bin;
};

const foldGrounds = (series: SeriesState, bin: Bin): void => {
  const sums = new Map<Ground, { n: number; x: number }>();
  for (const [cell, { n, x }] of cellsOf(series, bin)) {
    const ground = cell.of[series.index]?.ground;
    if (ground === undefined || ground.frozen) continue;
    const sum = sums.get(ground);
    if (sum === undefined) sums.set(ground, { n, x });
    else {
      sum.n += n;
      sum.x += x;
    }
  }
  for (const [ground, { n, x }] of sums) foldGround(ground, bin, x, n);
};

/** The bin that is an hour old reaches the baseline, unless the slice was alarming then. */
const foldLagged = (track: TrackState, bin: Bin, prior: number): void => {
  if (bin < track.since) return;
  const slot = slotOf(bin);
  const [x, n] = [track.x[slot] ?? 0, track.n[slot] ?? 0];
  if (track.hours !== null) noteHour(track, bin, n);
  if (track.frozenBins[slot] === 1) return;
  const base = rateOf(track, prior);
  const factor = factorOf(track, bin);
  const expected = track.expected[slot] ?? 0;
  const rate = track.versioned && n > 0 ? expected / n : Math.min(0.999, base * factor);
  foldBin(track.baseline, 0, x, n, rate, track.versioned ? 1 : factor);
  if (track.season !== null) foldSeason(track.season, 0, hourOfWeek(startOf(bin)), x, n, base);
};

const noteHour = ({ hours }: TrackState, bin: Bin, n: number): void => {
  if (hours === null) return;
  const start = startOf(bin);
  const slot = hourOfWeek(start);
  if (start % hourLength === 0) hours[slot] = 0;
  hours[slot] = (hours[slot] ?? 0) + n;
};

const stepEvidence = (track: TrackState, { bin, ruleOf, prior }: CloseOptions): void => {
  const slot = slotOf(bin);
  const [n, x] = [track.n[slot] ?? 0, track.x[slot] ?? 0];
  const { direction } = track.series;
  const warm = isWarm(track, bin);
  const rate = Math.min(0.999, rateOf(track, prior) * factorOf(track, bin));
  if (!track.versioned) track.expected[slot] = n * rate;
  if (n > 0) {
    if (track.trials === 0) track.since = bin;
    track.lastTrial = bin;
    track.trials += n;
    track.print = (Math.imul(track.print, 31) + Math.imul(bin, n) + x) | 0;
  }
  const rule = ruleOf(track);
  const expected = track.expected[slot] ?? 0;
  if (n > 0 && warm && expected > 0) {
    const phi = overDispersion(n, correlationOf(track));
    const p = Math.min(0.999, expected / n);
    const step = direction === "rise" ? stepRise : stepFall;
    track.e = step(track.evidence, 0, x, n, p, rule.smallestRatio, phi);
    if (rule.cusumThreshold !== null) {
      const p1 = direction === "rise" ? Math.min(0.98, 2 * p) : p / 2;
      track.cusum = cusumStep(track.cusum, x, n, trialSteps(p, p1), phi);
    }
  }
  const alarms = warm && track.e >= month / rule.sensitivity;
  track.alarmedFor = alarms && !track.frozen ? track.alarmedFor + 1 : 0;
  if (track.alarmedFor > longestAlarm) newLevel(track, bin);
  if (alarms || track.frozen) track.frozenBins[slot] = 1;
  if (n > 0) addToDay(track.days, 0, utcDayOf(startOf(bin)), x, n, !alarms && !track.frozen);
};

export const restart = (track: TrackState): void => {
  track.evidence.fill(0);
  track.e = meanEvidence(track.evidence, 0);
  track.cusum = 0;
  track.alarmedFor = 0;
  track.run = 0;
};

/** The last 24 h become normal: about as many trials as a day of the decayed sum holds. */
export const newLevel = (track: TrackState, bin: Bin): void => {
  const day = utcDayOf(startOf(bin));
  const [today, yesterday] = [totalOfDay(track.days, 0, day), totalOfDay(track.days, 0, day - 1)];
  const n = today.n + yesterday.n;
  if (n > 0) {
    track.baseline[0] = today.x + yesterday.x;
    track.baseline[1] = n;
  }
  track.days.fill(0);
  restart(track);
  for (const { ground, tracks } of placedIn(track)) if (tracks.includes(track)) ground.state.fill(0);
};

const placedIn = ({ series }: TrackState) => {
  const cells = new Set<CellState>();
  for (const own of series.bins.values()) for (const cell of own.keys()) cells.add(cell);
  return [...cells].map((cell) => cell.of[series.index]).filter((placed) => placed !== undefined);
};

/** Corrections are over: what remains of a bin's minutes are its users and examples. */
const seal = (series: SeriesState, bin: Bin): void => {
  for (const own of cellsOf(series, bin).values()) {
    const told = own.parts.filter(({ users, examples }) => users !== null || examples !== null);
    own.parts = told;
  }
};

/** Least days of a reference: scatter of fewer says nothing. */
const fewestDays = 7;
const fewestTrialsADay = 60;

/** At the end of a UTC day: slices in which it speaks, the third day running, for a slow rise. */
const sustainedIn = (series: SeriesState, { bin, ruleOf }: CloseOptions): TrackState[] => {
  if ((bin + 1) % binsPerDay !== 0) return [];
  const day = utcDayOf(startOf(bin));
  const judged = [...series.tracks.values()]
    .filter((track) => !track.versioned && isWarm(track, bin))
    .map((track) => ({ track, today: totalOfDay(track.days, 0, day), reference: referenceDays(track.days, 0, day) }))
    .filter(({ today, reference }) => today.n >= fewestTrialsADay && reference.length >= fewestDays);
  const verdicts = judgeDay(judged, {
    direction: series.direction,
    smallestRatio: series.root === null ? 1.25 : ruleOf(series.root).smallestRatio,
  });
  const found: TrackState[] = [];
  for (const [index, { track }] of judged.entries()) {
    track.run = nextRun(track.run, verdicts[index] === true);
    if (isSustained(track.run)) found.push(track);
  }
  return found;
};

/** Closes a bin of a series; returns the slices that rise slowly, at the end of a day. */
export const closeSeries = (series: SeriesState, options: CloseOptions): readonly TrackState[] => {
  const { bin, prior } = options;
  placeNew(series, bin, options.place);
  foldGrounds(series, bin - lagBins);
  // From the top down: what is below shrinks to what is above.
  const tracks = [...series.tracks.values()];
  for (const depth of [0, 1, 2])
    for (const track of tracks) if (track.depth === depth) foldLagged(track, bin - lagBins, prior);
  rollUp(series, options);
  for (const track of tracks) stepEvidence(track, options);
  const sealed = bin - Math.ceil(grace / (endOf(0) - startOf(0))) - 1;
  seal(series, sealed);
  series.bins.delete(bin - storedBins);
  if ((series.bins.get(bin)?.size ?? 0) > 0) series.lastBin = bin;
  return sustainedIn(series, options);
};
