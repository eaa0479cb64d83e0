// What belongs together: alarms of one tenant in nested or half-overlapping slices are one incident; some incidents keep others from opening.
import type { EventTime } from "#core/time.ts";
import { binLength, storedBins } from "./bins.ts";
import type { Book, Scope, Series, Track } from "./book-port.ts";
import type { AlarmClass } from "./guards.ts";
import { type Case, reopenWithin } from "./incident.ts";
import { type GroupedSignal, isLive, readList } from "./render.ts";
import { areNested, canMeet, isWithin, scopeNamed } from "./scope.ts";
import { scopeOverlap } from "./suspects.ts";

/** An alarm that passed its guards. */
export interface Alarm {
  readonly series: Series;
  readonly scope: Scope;
  readonly kind: AlarmClass;
  /** Evidence window, bins. */
  readonly from: number;
  readonly to: number;
}

const halfShared = 0.5;

/** A track in an incident's memory. */
export const keyOf = ({ series, slice }: Track): string => `${series.signal}|${slice}`;

export const scopeOfCase = ({ record }: Case): Scope => scopeNamed(record.slice);

const signalsOf = ({ record }: Case): readonly string[] => [
  record.signal_type,
  ...readList<GroupedSignal>(record.signals).map(({ signal_type: signal }) => signal),
];

/** Nested, or at least half of what lies in either lies in both. */
const isRelated = (book: Book, { series, scope, from, to }: Alarm, root: Scope): boolean => {
  if (areNested(scope, root)) return true;
  if (!canMeet(scope, root)) return false;
  const { both, a, b } = book.overlap(series, scope, root, Math.max(from, to - storedBins + 1), to);
  return scopeOverlap(both, a, b) >= halfShared;
};

/** The live incident that an alarm is part of: of its class, the oldest first. Live means that its evidence window reaches to now. */
export const findHost = (book: Book, cases: readonly Case[], alarm: Alarm): Case | undefined =>
  cases.find(
    (own) =>
      isLive(own.record) &&
      own.record.class === alarm.kind &&
      (alarm.kind === "quality" || signalsOf(own).includes(alarm.series.signal)) &&
      isRelated(book, alarm, scopeOfCase(own)),
  );

/** The incident that ended less than two hours ago and now comes back. */
export const findReturning = (book: Book, cases: readonly Case[], alarm: Alarm, at: EventTime): Case | undefined =>
  cases.findLast(
    (own) =>
      own.record.state === "resolved" &&
      own.record.resolved_at !== null &&
      at - own.record.resolved_at <= reopenWithin &&
      own.record.class === alarm.kind &&
      signalsOf(own).includes(alarm.series.signal) &&
      isRelated(book, alarm, scopeOfCase(own)),
  );

/** One incident per rule, signal and root slice: what was judged to be something else before. */
export const findSameKey = (cases: readonly Case[], rule: string, { series }: Alarm, slice: string): Case | undefined =>
  cases.find(
    ({ record }) =>
      isLive(record) && record.rule === rule && record.signal_type === series.signal && record.slice === slice,
  );

/** The live incident that explains this slice of the signal without any further look: by its root, or because it was joined. */
export const findHolder = (cases: readonly Case[], track: Track): Case | undefined =>
  cases.find((own) => {
    if (!isLive(own.record) || own.record.class !== "quality") return false;
    const isOfSignal = own.record.signal_type === track.series.signal;
    return own.tracks.includes(keyOf(track)) || (isOfSignal && areNested(track.pairs, scopeOfCase(own)));
  });

/** Root slices of the signal's live quality incidents. */
export const heldScopes = (cases: readonly Case[], signal: string): readonly Scope[] =>
  cases
    .filter(({ record }) => isLive(record) && record.class === "quality" && record.signal_type === signal)
    .map(scopeOfCase);

/** Those that hold a part of the slice. */
export const explainedParts = (cases: readonly Case[], signal: string, scope: Scope): readonly Scope[] =>
  heldScopes(cases, signal).filter((root) => canMeet(root, scope) && !areNested(root, scope));

/** A stream that stopped says nothing about its quality; a broken denominator nothing about its own signal's. */
export const isInhibited = (cases: readonly Case[], signal: string, scope: Scope): boolean =>
  cases.some(
    (own) =>
      isLive(own.record) &&
      (own.record.class === "stream_stopped" || (own.record.class === "data" && own.record.signal_type === signal)) &&
      isWithin(scope, scopeOfCase(own)),
  );

/** First bin that does not belong to an episode of this slice and signal that has ended. */
export const restartOf = (cases: readonly Case[], signal: string, scope: Scope): number => {
  let first = Number.NEGATIVE_INFINITY;
  for (const own of cases) {
    const { resolved_at: end } = own.record;
    if (end === null || !signalsOf(own).includes(signal) || !canMeet(scope, scopeOfCase(own))) continue;
    first = Math.max(first, Math.ceil(end / binLength));
  }
  return first;
};

/** Adds a signal to the incident's list, its own first; the new list, or null when it is listed. */
export const joinSignals = ({ record }: Case, joined: GroupedSignal): string | null => {
  const list = readList<GroupedSignal>(record.signals);
  if (list.length >= 20 || list.some(({ signal_type: signal }) => signal === joined.signal_type)) return null;
  return JSON.stringify([...list, joined]);
};
