// What becomes of a live incident bin by bin: it grows graver, is told again, falls silent, ends.
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { endOf, storedBins } from "./bins.ts";
import type { Bin, Sums } from "./book-port.ts";
import { type Closing, closingOf, isLongOpen, isOverAfter, type Sound } from "./closing.ts";
import { describe, suspect } from "./describe.ts";
import type { Desk } from "./desk.ts";
import { everything } from "./dimensions.ts";
import { scopeOfCase } from "./grouping.ts";
import {
  type Case,
  isFlapping,
  remindIfDue,
  resolve,
  type Scene,
  silence,
  unsilence,
  updateIfDue,
} from "./incident.ts";
import { isGraver } from "./markers.ts";
import { gradeOf } from "./opening.ts";
import { type GroupedSignal, readList, severityIn } from "./render.ts";
import type { Root } from "./root.ts";
import { scopeNamed } from "./scope.ts";

export interface Life {
  /** The evidence of a bin. */
  follow(own: Case, bin: Bin, scene: Scene): void;
  /** What time alone brings: silences that begin and end, reminders. */
  passTime(own: Case, bin: Bin, scene: Scene): void;
}

export const createLife = (desk: Desk): Life => {
  const { book, changesFor, emit, subjectOf, sumsOf, trackOf } = desk;

  const end = (own: Case, closing: Closing, scene: Scene): void => {
    if (closing === "new_level") {
      for (const track of desk.tracksMet(own)) book.newLevel(track);
      const markers = readList<string>(own.record.markers);
      emit(resolve(own, { reason: closing, patch: { markers: JSON.stringify([...markers, closing]) } }, scene));
    } else emit(resolve(own, { reason: closing, patch: {} }, scene));
    desk.release(own);
  };

  /** Whether it has become graver, or a change that came to light is the likely one. */
  const refresh = (own: Case, bin: Bin, scene: Scene): void => {
    const subject = subjectOf(own, bin);
    if (subject === undefined || own.record.class !== "quality" || own.record.method === "sustained") {
      if (own.hasNews) emit(updateIfDue(own, {}, scene));
      return;
    }
    const { series, from, to } = subject;
    const suspicion = suspect(book, changesFor(series.tenant), subject);
    const root: Root = { scope: subject.scope, causes: [], cells: book.cells(series, [], from, to) };
    const markers = readList<string>(own.record.markers);
    const isNewlyCorrelated = suspicion.isCorrelated && !markers.includes("change-correlated");
    const now = gradeOf(book, { kind: "quality", root, subject, suspicion }, "e-sr");
    const severity = isGraver(now, severityIn(own.record)) ? now : severityIn(own.record);
    if (isNewlyCorrelated) own.hasNews = true;
    if (!own.hasNews && severity === own.record.severity) return;
    const patch = {
      ...describe(book, subject, suspicion),
      severity,
      onset: own.record.onset,
      markers: JSON.stringify(isNewlyCorrelated ? [...markers, "change-correlated"] : markers),
    };
    emit(updateIfDue(own, patch, scene));
  };

  /** Adds a bin to what the incident has cost. */
  const weigh = (own: Case, bin: Bin): void => {
    const track = trackOf(own);
    if (track === undefined || endOf(bin) <= own.record.opened_at) return;
    const { n, x, expected } = sumsOf(own, track, bin, bin);
    own.harm = { n: own.harm.n + n, x: own.harm.x + x, expected: own.harm.expected + expected };
  };

  /** Whether a signal that joined is still bad, where it joined or, if nothing is known of that slice, in the root slice. */
  const isJoinedLoud = (own: Case, { signal_type: signal, slice }: GroupedSignal, bin: Bin): boolean => {
    const { tenant } = own.record;
    const root = scopeOfCase(own);
    const track = book.findTrack(tenant, signal, slice) ?? book.findTrack(tenant, signal, everything);
    if (track === undefined) return false;
    const joined = scopeNamed(slice);
    const scope = book.sums(track.series, joined, bin - storedBins + 1, bin).n > 0 ? joined : root;
    const sum = (from: Bin): Sums => book.sums(track.series, scope, from, bin);
    return sum(bin - storedBins + 1).n > 0 && closingOf(book, own, track, bin, sum) === "loud";
  };

  /** An incident is over when all of its signals are: else the next bin of another one brings back what was told as resolved. */
  const soundOf = (own: Case, bin: Bin): Sound => {
    const track = trackOf(own);
    if (track === undefined) return "open";
    const sound = closingOf(book, own, track, bin, (from) => sumsOf(own, track, from, bin));
    if (sound !== "quiet" || own.record.class !== "quality") return sound;
    const joined = readList<GroupedSignal>(own.record.signals).filter(
      ({ signal_type: signal }) => signal !== own.record.signal_type,
    );
    return joined.some((one) => isJoinedLoud(own, one, bin)) ? "loud" : "quiet";
  };

  const follow = (own: Case, bin: Bin, scene: Scene): void => {
    weigh(own, bin);
    const closing = soundOf(own, bin);
    if (closing === "quiet") own.quiet += 1;
    else if (closing === "loud") own.quiet = 0;
    if (isOverAfter(own, scene.at, isFlapping(own))) {
      return end(own, own.rolledBackAt === null ? "recovered" : "rolled_back", scene);
    }
    if (isLongOpen(own, scene.at)) return end(own, "new_level", scene);
    if (closing !== "quiet") refresh(own, bin, scene);
  };

  const passTime = (own: Case, bin: Bin, scene: Scene): void => {
    const { state: now, silenced_until: until, tenant } = own.record;
    if (now === "silenced" && until !== null && until <= scene.at) emit(unsilence(own, {}, scene));
    else if (now === "open" || now === "acknowledged") {
      const rule = desk.silenceOf(own.record, scene.at);
      if (rule !== undefined) emit(silence(own, rule, scene));
    }
    const refreshed = (): Partial<IncidentRecord> => {
      const subject = own.record.method === "sustained" ? undefined : subjectOf(own, bin);
      if (subject === undefined) return {};
      return { ...describe(book, subject, suspect(book, changesFor(tenant), subject)), onset: own.record.onset };
    };
    emit(remindIfDue(own, refreshed, scene));
  };

  return { follow, passTime };
};
