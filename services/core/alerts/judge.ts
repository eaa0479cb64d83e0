// What speaks for an incident when a bin closes: evidence per slice, one budget for all slices of a tenant, and what rules ask for beside.
import type { SignalKind } from "#core/signals.ts";
import { utcDayOf } from "#core/time.ts";
import { baselineTrials, baselineWidth, lagBins, overDispersion } from "./baseline.ts";
import { binLength, binsPerDay, startOf } from "./bins.ts";
import type { Bin, Candidate, Track, Trigger } from "./book-port.ts";
import { findBurn } from "./burn-rate.ts";
import { cusumStep, trialSteps } from "./charts.ts";
import { leaveOutDay, referenceDays } from "./days.ts";
import { alarming, classWeights } from "./e-bh.ts";
import { evidenceWidth, meanEvidence, stepFall, stepRise } from "./e-process.ts";
import { correlationOf, type Order, type VersionSums } from "./learn.ts";
import { noteAlarm } from "./level.ts";
import type { Places } from "./places.ts";
import { type Counts, comparisonP } from "./probability.ts";
import type { Rule } from "./rules.ts";
import { ringAt, type SeriesState } from "./series.ts";
import { countsOfDay, countsOver } from "./sums.ts";
import { type DayInSlice, dayP, nextRun, type Run, sustained } from "./sustained.ts";

/** Bins in 28 days: T of a rule that allows one false alarm per slice in that time. */
const monthBins = 28 * binsPerDay;

export const patienceOf = ({ sensitivity }: Rule): number => monthBins / sensitivity;

/** One series at a closed bin with what is derived from its state. */
export interface Judged {
  readonly state: SeriesState;
  readonly order: Order;
  /** Rule per slice; null: not watched. */
  readonly rules: readonly (Rule | null)[];
  /** Per slice: 1 where it is the first of those with the same cells. */
  readonly distinct: Uint8Array;
  readonly versions: VersionSums;
  readonly trackOf: (slice: number) => Track;
}

/** Whether a rule watches a signal: those that are not watched by default must be named. */
export const isWatched = (rule: Rule, { type, harm, watched }: SignalKind): boolean =>
  rule.watch &&
  harm !== null &&
  (watched ||
    rule.signals.some((pattern) =>
      pattern.endsWith("*") ? pattern !== "*" && type.startsWith(pattern.slice(0, -1)) : pattern === type,
    ));

const stepEvidence = ({ state, versions }: Judged, places: Places, id: number, rule: Rule, bin: Bin): void => {
  const at = ringAt(id, bin);
  const isVersion = places.slices[id]?.isVersion === true;
  const n = (isVersion ? versions.n[id] : state.n[at]) ?? 0;
  if (n === 0) return;
  const x = (isVersion ? versions.x[id] : state.x[at]) ?? 0;
  const rate = isVersion ? (versions.expected[id] ?? 0) / n : (state.now[id] ?? 0);
  const phi = overDispersion(n, correlationOf(state, places, id));
  const step = state.series.direction === "rise" ? stepRise : stepFall;
  const e = step(state.evidence, id * evidenceWidth, x, n, rate, rule.smallestRatio, phi);
  noteAlarm(state, places, id, { bin, alarms: e >= patienceOf(rule) });
  if (rule.cusumThreshold === null) return;
  const shifted = state.series.direction === "rise" ? Math.min(0.98, 2 * rate) : rate / 2;
  state.cusum[id] = cusumStep(state.cusum[id] ?? 0, x, n, trialSteps(rate, shifted), phi);
};

/** Whether there was a trial in the last day. */
const isLive = (state: SeriesState, id: number, bin: Bin): boolean => (state.seen[id] ?? -1) > bin - binsPerDay;

/** The tracks that share the budget. */
interface Company {
  readonly owners: Judged[];
  readonly ids: number[];
  readonly evidence: number[];
  readonly patience: number[];
  readonly classes: number[];
}

const eachSlice = ({ order }: Judged, visit: (id: number) => void): void => {
  for (const id of order.own) visit(id);
  for (const id of order.versions) visit(id);
};

const plainCandidate = (track: Track, trigger: Trigger): Candidate => ({
  track,
  trigger,
  lnE: null,
  threshold: null,
  p: null,
  changeId: null,
});

/** p of a ticket while what is normal is not known, shared out among all slices that warm up. */
const warmUpP = 0.001;
const fewestBefore = 100;
/** Scatter that is assumed before it was measured. */
const assumedCorrelation = 0.01;

/** The last hour of a cold slice against its own short past. */
const warmUpCandidate = (
  judged: Judged,
  places: Places,
  id: number,
  { bin, limit, rule }: { readonly bin: Bin; readonly limit: number; readonly rule: Rule },
): Candidate | undefined => {
  const { state } = judged;
  const { direction } = state.series;
  const base = { x: state.base[id * baselineWidth] ?? 0, n: baselineTrials(state.base, id * baselineWidth) };
  if (base.n < fewestBefore) return undefined;
  const now = countsOver(state, id, bin, lagBins);
  // As everywhere, a drift up to the smallest ratio is no news.
  const ratio = rule.smallestRatio;
  const tolerated = { x: direction === "rise" ? Math.min(base.n, base.x * ratio) : base.x / ratio, n: base.n };
  const isHarm =
    direction === "rise" ? now.x * tolerated.n > tolerated.x * now.n : now.x * tolerated.n < tolerated.x * now.n;
  if (now.n === 0 || !isHarm) return undefined;
  const phi = overDispersion(now.n / lagBins, Math.max(assumedCorrelation, correlationOf(state, places, id)));
  const p = comparisonP({ now, base: tolerated, phi, direction });
  return p < limit ? { ...plainCandidate(judged.trackOf(id), "warm-up"), p } : undefined;
};

/** Charts and objectives that rules ask for. */
const askedFor = (judged: Judged, id: number, rule: Rule, bin: Bin): Trigger[] => {
  const { state } = judged;
  const triggers: Trigger[] = [];
  const isOver = rule.cusumThreshold !== null && (state.cusum[id] ?? 0) >= rule.cusumThreshold;
  if (isOver && state.warm[id] === 1) triggers.push("cusum");
  if (rule.objective === null) return triggers;
  const isRise = state.series.direction === "rise";
  const over = (minutes: number): Counts => {
    const { x, n } = countsOver(state, id, bin, Math.round((minutes * 60_000) / binLength));
    return { x: isRise ? x : n - x, n };
  };
  if (findBurn(rule.objective.rate, over, rule.objective.windows) !== undefined) triggers.push("burn-rate");
  return triggers;
};

/** Days of reference that a slow rise is judged by, at least. */
const fewestDays = 7;

const dayOf = (state: SeriesState, id: number, bin: Bin): DayInSlice => ({
  today: countsOfDay(state, id, bin),
  reference: referenceDays(state.past[id]?.days ?? new Float64Array(), 0, utcDayOf(startOf(bin))),
});

/** Judges the day that ends with the bin. */
const judgeDays = (judged: Judged, ids: readonly number[], bin: Bin): readonly number[] => {
  const { state, rules } = judged;
  const { direction } = state.series;
  const known: number[] = [];
  const runs: Run[] = [];
  for (const id of ids) {
    const past = state.past[id] ?? null;
    if (past === null) continue;
    const day = dayOf(state, id, bin);
    const canTell = day.reference.length >= fewestDays && day.today.n > 0;
    const smallestRatio = rules[id]?.smallestRatio ?? 1.25;
    past.run = canTell ? nextRun(past.run, day, { direction, smallestRatio }) : [];
    if (!canTell) continue;
    // A day that spoke for a slow rise is no reference for those after it.
    if (past.run.length > 0) leaveOutDay(past.days, 0, utcDayOf(startOf(bin)));
    known.push(id);
    runs.push(past.run);
  }
  const found = sustained(runs);
  return known.filter((_, index) => found[index] === true);
};

const sustainedCandidates = (judged: Judged, ids: readonly number[], bin: Bin): readonly Candidate[] => {
  if ((bin + 1) % binsPerDay !== 0) return [];
  return judgeDays(judged, ids, bin).map((id) => ({
    ...plainCandidate(judged.trackOf(id), "sustained"),
    p: dayP(dayOf(judged.state, id, bin), judged.state.series.direction),
  }));
};

export interface Judgement {
  readonly candidates: readonly Candidate[];
  readonly company: number;
  readonly weights: Float64Array;
  readonly warming: number;
}

const companyCandidates = (company: Company, weights: Float64Array): readonly Candidate[] => {
  const { owners, ids, evidence, patience, classes } = company;
  const found = alarming({ count: ids.length, evidence, patience, classes });
  return found.flatMap((index): readonly Candidate[] => {
    const track = owners[index]?.trackOf(ids[index] ?? 0);
    if (track === undefined) return [];
    const weight = weights[classes[index] ?? 0] ?? 1;
    const threshold = ((patience[index] ?? 0) * ids.length) / (weight * found.length);
    return [{ ...plainCandidate(track, "e-sr"), lnE: Math.log(evidence[index] ?? 0), threshold }];
  });
};

/** Steps all evidence of a tenant by one bin and finds what alarms, apart from watches. */
export const judge = (series: readonly Judged[], places: Places, bin: Bin): Judgement => {
  const company: Company = { owners: [], ids: [], evidence: [], patience: [], classes: [] };
  const cold: { readonly judged: Judged; readonly id: number; readonly rule: Rule }[] = [];
  const candidates: Candidate[] = [];
  for (const judged of series) {
    const { state, rules, distinct } = judged;
    const live: number[] = [];
    eachSlice(judged, (id) => {
      const rule = rules[id] ?? null;
      if (rule === null) return;
      const isWarm = state.warm[id] === 1;
      if (isWarm) stepEvidence(judged, places, id, rule, bin);
      if (distinct[id] !== 1 || !isLive(state, id, bin)) return;
      live.push(id);
      for (const trigger of askedFor(judged, id, rule, bin))
        candidates.push(plainCandidate(judged.trackOf(id), trigger));
      if (!isWarm) {
        const slice = places.slices[id];
        if (slice?.level !== 2 && slice?.isVersion === false) cold.push({ judged, id, rule });
        return;
      }
      company.owners.push(judged);
      company.ids.push(id);
      company.evidence.push(meanEvidence(state.evidence, id * evidenceWidth));
      company.patience.push(patienceOf(rule));
      company.classes.push(places.slices[id]?.level ?? 2);
    });
    candidates.push(...sustainedCandidates(judged, live, bin));
  }
  const weights = classWeights(company.ids.length, company.classes);
  candidates.push(...companyCandidates(company, weights));
  const limit = warmUpP / Math.max(1, cold.length);
  for (const { judged, id, rule } of cold) {
    const candidate = warmUpCandidate(judged, places, id, { bin, limit, rule });
    if (candidate !== undefined) candidates.push(candidate);
  }
  return { candidates, company: company.ids.length, weights, warming: cold.length };
};
