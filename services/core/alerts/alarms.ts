// From a candidate to an incident: guards, root slice, and whether it opens one, joins one, brings one back or waits.
import type { EventTime } from "#core/time.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { binsPerDay, storedBins } from "./bins.ts";
import type { Bin, Candidate, Scope } from "./book-port.ts";
import { isRollbackOf } from "./changes.ts";
import { type Subject, type Suspicion, suspect } from "./describe.ts";
import type { Desk } from "./desk.ts";
import { sliceName } from "./dimensions.ts";
import {
  type Alarm,
  explainedParts,
  findHolder,
  findHost,
  findReturning,
  findSameKey,
  heldScopes,
  isInhibited,
  joinSignals,
  keyOf,
  restartOf,
} from "./grouping.ts";
import { type Evidence, isImportant, judge } from "./guards.ts";
import { type Case, reopen, type Scene, updateIfDue } from "./incident.ts";
import { isGraver } from "./markers.ts";
import { evidenceOf, type Found, isSustained, toOpening } from "./opening.ts";
import { isoTime, safeSliceValue } from "./payload.ts";
import { evidenceOfRest } from "./remainder.ts";
import { readList, safeName, severityIn } from "./render.ts";
import { findEvidence, findRoot, nameable } from "./root.ts";
import { type Rule, ruleFor } from "./rules.ts";
import { meet } from "./scope.ts";

/** Evidence where the trigger has no threshold of its own: one false alarm in 28 days. */
const monthOfBins = 28 * binsPerDay;

/** The strongest first, slow rises last; of equals in the order of signals and slices. */
const byStrength = (a: Candidate, b: Candidate): number =>
  Number(isSustained(a)) - Number(isSustained(b)) || (b.lnE ?? 0) - (a.lnE ?? 0);

export interface Alarms {
  /** Looks at what stands out in a tenant at the end of a bin. */
  look(candidates: readonly Candidate[], bin: Bin, scene: Scene): void;
}

/** What began as sudden and goes on for days is both. */
const markSustained = (own: Case): void => {
  const markers = readList<string>(own.record.markers);
  if (own.record.class !== "quality" || markers.includes("sustained")) return;
  own.record = { ...own.record, markers: JSON.stringify([...markers, "sustained"]) };
  own.hasNews = true;
};

export const createAlarms = (desk: Desk): Alarms => {
  const { book, casesOf, changesFor, emit, freeze } = desk;

  /** A rollback that was announced after the change and before the incident opened. */
  const rollbackOf = ({ records }: Suspicion, tenant: string): EventTime | null =>
    changesFor(tenant).findLast((change) => isRollbackOf(change, records))?.ts ?? null;

  /** Takes a track into an incident. */
  const include = (own: Case, { track }: Candidate): void => {
    const key = keyOf(track);
    if (own.tracks.includes(key)) return;
    own.tracks = [...own.tracks, key];
    if (own.record.class !== "mix") book.freeze(track, own.onset);
  };

  /** Lists a signal in a live incident. */
  const join = (own: Case, found: Found): void => {
    const { series, scope } = found.subject;
    include(own, found.candidate);
    const { ratio, onset } = evidenceOf(book, found);
    const slice = safeName(sliceName(scope));
    const signals = joinSignals(own, { signal_type: series.signal, slice, ratio, onset: isoTime(onset) });
    if (signals === null) return;
    own.record = { ...own.record, signals };
    own.hasNews = true;
    freeze(own);
  };

  /** What looked like one user or one client has spread. */
  const turnToQuality = (own: Case, found: Found, scene: Scene): void => {
    own.hasNews = true;
    emit(updateIfDue(own, evidenceOf(book, found), scene));
    freeze(own);
  };

  /** Within two hours it is the same episode, which is as grave as it ever was. */
  const comeBack = (own: Case, found: Found, scene: Scene): void => {
    const evidence = evidenceOf(book, found);
    own.onset = found.subject.from;
    const severity = isGraver(evidence.severity, severityIn(own.record)) ? evidence.severity : own.record.severity;
    const patch: Partial<IncidentRecord> = { ...evidence, severity, markers: own.record.markers };
    emit(reopen(own, patch, scene));
    freeze(own);
  };

  const settle = (found: Found, scene: Scene): void => {
    const { candidate, kind, subject, suspicion } = found;
    const { series, scope, rule, from, to, sums } = subject;
    const cases = casesOf(series.tenant);
    const alarm: Alarm = { series, scope, kind, from, to };
    const host = findHost(book, cases, alarm);
    if (host !== undefined) {
      if (isSustained(candidate)) markSustained(host);
      return join(host, found);
    }
    const same = findSameKey(cases, rule.name, alarm, sliceName(scope));
    // The other way round it stays what was told.
    if (same !== undefined) return kind === "quality" ? turnToQuality(same, found, scene) : undefined;
    const returning = findReturning(book, cases, alarm, scene.at);
    if (returning !== undefined) return comeBack(returning, found, scene);
    const about = { onset: from, harm: sums, tracks: [keyOf(candidate.track)] };
    const own = desk.open(toOpening(book, found, scene.at), about, scene);
    own.rolledBackAt = rollbackOf(suspicion, series.tenant);
    freeze(own);
  };

  /** Whether what live incidents do not explain of the slice is still an alarm. */
  const isUnexplained = (
    evidence: Evidence,
    { explained, rule, restart }: { readonly explained: readonly Scope[]; readonly rule: Rule; readonly restart: Bin },
  ): boolean => {
    if (explained.length === 0) return true;
    const { candidate, from, to, sums } = evidence;
    const { series, pairs } = candidate.track;
    let { n, x, expected } = sums;
    for (const part of explained) {
      const held = book.sums(series, meet(pairs, part), Math.max(from, to - storedBins + 1), to);
      n -= held.n;
      x -= held.x;
      expected -= held.expected;
    }
    if (n < rule.guards.minTrials || !isImportant({ n, x, expected }, series.direction, rule.guards)) return false;
    if (isSustained(candidate)) return true;
    const options = { parts: explained, smallestRatio: rule.smallestRatio, from: restart, to };
    return evidenceOfRest(book, candidate.track, options) >= (candidate.threshold ?? monthOfBins);
  };

  /** What a candidate has found; undefined: nothing, or not yet. */
  const examine = (candidate: Candidate, bin: Bin): Found | undefined => {
    const { track } = candidate;
    const { series, pairs } = track;
    const { tenant, signal } = series;
    const cases = casesOf(tenant);
    const rule = ruleFor(book.rules, { tenant, signal, slice: track.slice });
    const { guards } = rule;
    const restart = Math.max(restartOf(cases, signal, pairs), bin - storedBins + 1);
    const evidence = findEvidence(book, candidate, bin, restart);
    if (evidence === undefined) return undefined;
    if (!isUnexplained(evidence, { explained: explainedParts(cases, signal, pairs), rule, restart })) return undefined;
    const { verdict, scope: named } = judge(book, evidence, { guards, restart });
    if ("wait" in verdict) return undefined;
    const kind = verdict.class;
    const root = findRoot(book, evidence, { guards, explained: heldScopes(cases, signal) });
    const from = Math.max(evidence.from, restart);
    const scope = kind === "quality" ? root.scope : nameable(book, series, named ?? pairs, from, bin);
    // Found from a wider slice, it is as little news as from its own.
    if (isInhibited(cases, signal, scope)) return undefined;
    // A slice that the cells do not explain, or a whole day, is counted against its own baseline.
    const isOwn = sliceName(scope) === track.slice && (kind === "mix" || isSustained(candidate));
    const sums = isOwn ? evidence.sums : book.sums(series, scope, from, bin);
    const subject: Subject = { series, scope, track, rule, from: evidence.from, to: bin, sums };
    const suspicion = suspect(book, changesFor(tenant), subject);
    return { candidate, kind, root: kind === "quality" ? root : { ...root, causes: [] }, subject, suspicion };
  };

  const lookAt = (candidate: Candidate, bin: Bin, scene: Scene): void => {
    if (isSpent(candidate)) return;
    const { series, pairs } = candidate.track;
    const cases = casesOf(series.tenant);
    const holder = findHolder(cases, candidate.track);
    if (holder !== undefined) {
      include(holder, candidate);
      return isSustained(candidate) ? markSustained(holder) : undefined;
    }
    if (isInhibited(cases, series.signal, pairs)) return;
    const found = examine(candidate, bin);
    if (found !== undefined) settle(found, scene);
  };

  /** A watch whose change was taken back, or whose incident is over, has said what it had to say. */
  const isSpent = ({ trigger, changeId, track }: Candidate): boolean => {
    if (trigger !== "deploy-watch" || changeId === null) return false;
    const { tenant } = track.series;
    const isOver = casesOf(tenant).some(
      ({ record }) =>
        record.state === "resolved" && record.changes?.includes(JSON.stringify(safeSliceValue(changeId))) === true,
    );
    const known = changesFor(tenant);
    const watched = known.filter(({ change_id: id }) => id === changeId);
    return isOver || known.some((change) => isRollbackOf(change, watched));
  };

  return {
    look(candidates, bin, scene) {
      for (const candidate of candidates.toSorted(byStrength)) lookAt(candidate, bin, scene);
    },
  };
};
