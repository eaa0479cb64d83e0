// An alarm that passed its guards, as the first record of an incident: severity, markers and everything that the evidence says.

import type { EventTime } from "#core/time.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import type { Book, Candidate, Sums, Track, Trigger } from "./book-port.ts";
import { describe, dispersionOf, type Subject, type Suspicion } from "./describe.ts";
import { sliceName } from "./dimensions.ts";
import type { AlarmClass } from "./guards.ts";
import type { Opening } from "./incident.ts";
import { isCrossSegment, severityOf } from "./markers.ts";
import { isoTime } from "./payload.ts";
import { type GroupedSignal, safeName } from "./render.ts";
import { parentOf, type Root } from "./root.ts";
import type { Severity } from "./rules.ts";

export interface Found {
  readonly candidate: Candidate;
  readonly kind: AlarmClass;
  readonly root: Root;
  readonly subject: Subject;
  readonly suspicion: Suspicion;
}

export const isSustained = ({ trigger }: Candidate): boolean => trigger === "sustained";

/** Expected harm below which a short window tells little about the size of a rise: 20 ± 4.5. */
const enoughForGravity = 20;

/** A climbing rate is as grave as it is now: the last quarter, half and full hour, where enough is expected in them. */
const recentWindows = (book: Book, { series, scope, from, to }: Subject): readonly Sums[] =>
  [3, 6, 12]
    .filter((length) => to - length + 1 >= from)
    .map((length) => book.sums(series, scope, to - length + 1, to))
    .filter(({ expected }) => expected >= enoughForGravity);

const isWarm = (book: Book, trigger: Trigger, track: Track): boolean =>
  trigger !== "warm-up" && book.standing(track).warm;

/** How grave it is, whatever found it first. */
export const gradeOf = (
  book: Book,
  { kind, root, subject, suspicion }: Omit<Found, "candidate">,
  trigger: Trigger,
): Severity => {
  const { series, scope, sums, rule, track } = subject;
  const isSlow = trigger === "sustained";
  return severityOf({
    kind,
    rule,
    direction: series.direction,
    cells: root.cells,
    scope,
    windows: isSlow ? [sums] : [sums, ...recentWindows(book, subject)],
    isSustained: isSlow,
    isWarm: isWarm(book, trigger, track),
    isChangeCorrelated: suspicion.isCorrelated,
    phi: dispersionOf(book, subject),
  });
};

const markersOf = (book: Book, { candidate, kind, root, subject, suspicion }: Found): readonly string[] => {
  const { rule, series } = subject;
  const isBroad = kind === "quality" && isCrossSegment(root.cells, series.direction, rule.guards.minTrials);
  return [
    isSustained(candidate) ? "sustained" : "sudden",
    ...(isBroad ? ["cross-segment"] : []),
    ...(suspicion.isCorrelated ? ["change-correlated"] : []),
    ...(isWarm(book, candidate.trigger, candidate.track) ? [] : ["warm-up"]),
  ];
};

/** What the evidence decides, also anew when an incident comes back or turns out to be something else. */
export const evidenceOf = (book: Book, found: Found) => {
  const { candidate, kind, root, subject, suspicion } = found;
  const described = describe(book, subject, suspicion);
  return {
    ...described,
    severity: gradeOf(book, found, candidate.trigger),
    class: kind,
    markers: JSON.stringify(markersOf(book, found)),
    causes: JSON.stringify(root.causes.map(sliceName)),
    p: candidate.p ?? described.p,
    ln_e: candidate.lnE,
    method: candidate.trigger,
  } satisfies Partial<IncidentRecord>;
};

/** `at`: end of the bin that opens it. */
export const toOpening = (book: Book, found: Found, at: EventTime): Opening => {
  const { series, scope, rule } = found.subject;
  const slice = sliceName(scope);
  const evidence = evidenceOf(book, found);
  const first: GroupedSignal = {
    signal_type: series.signal,
    slice: safeName(slice),
    ratio: evidence.ratio,
    onset: isoTime(evidence.onset),
  };
  return {
    ...evidence,
    tenant: series.tenant,
    rule: rule.name,
    rule_version: book.rules.version,
    signal_type: series.signal,
    direction: series.direction,
    slice,
    opened_at: at,
    parent_slice: parentOf(scope),
    signals: JSON.stringify([first]),
    owner: rule.owner,
    runbook_url: rule.runbook,
    routes: JSON.stringify(rule.routes),
    detector: series.identity,
  };
};
