// What a record says about its evidence: counts, rates before and now, changes, examples; nothing that names fewer than five users.
import { type SignalKind, signalKinds } from "#core/signals.ts";
import type { ChangeRecord, IncidentRecord } from "#schemas/generated/records.ts";
import { overDispersion } from "./baseline.ts";
import { binLength, endOf, storedBins } from "./bins.ts";
import type { Bin, Book, Scope, Series, Sums, Track } from "./book-port.ts";
import { type RankedChange, rankForIncident } from "./changes.ts";
import { smallestVisibleRatio } from "./detectable.ts";
import { sliceName } from "./dimensions.ts";
import type { Cells } from "./localise.ts";
import { isoTime, safeSliceValue } from "./payload.ts";
import { comparisonP, wilson } from "./probability.ts";
import { type CandidateChange, safeLink, safeName, safeWord, type VersionRate } from "./render.ts";
import { cellTest, hideSmall, sumCells } from "./root.ts";
import type { Rule } from "./rules.ts";
import { meet } from "./scope.ts";

/** What an incident is about, as of a bin. */
export interface Subject {
  readonly series: Series;
  /** Root slice. */
  readonly scope: Scope;
  /** The track that alarmed. */
  readonly track: Track;
  readonly rule: Rule;
  /** The evidence window. */
  readonly from: Bin;
  readonly to: Bin;
  /** In the root slice. */
  readonly sums: Sums;
}

/** What the root slice's baseline is known from: its own track, where it has one. */
const standingOf = (book: Book, { series, scope, track }: Subject) =>
  book.standing(book.findTrack(series.tenant, series.signal, sliceName(scope)) ?? track);

/** φ of a usual bin of the window. */
export const dispersionOf = (book: Book, subject: Subject): number => {
  const { from, to, sums } = subject;
  return overDispersion(sums.n / (to - from + 1), standingOf(book, subject).correlation);
};

type Part<K extends keyof IncidentRecord> = Pick<IncidentRecord, K>;

/** Against a baseline of next to nothing any rate is a million times as much: beyond this the number says nothing more. */
const mostRatio = 1_000;

const describeCounts = (
  book: Book,
  subject: Subject,
): Part<
  "trials" | "fired" | "users" | "sessions" | "rate" | "baseline" | "ratio" | "ratio_low" | "ratio_high" | "p"
> => {
  const { series, scope, from, to, sums } = subject;
  const { n, x, expected } = sums;
  const phi = dispersionOf(book, subject);
  const baseline = n > 0 ? expected / n : null;
  const rate = n > 0 ? x / n : null;
  const { low, high } = wilson(x / phi, n / phi);
  const isKnown = baseline !== null && baseline > 0;
  const { trials } = standingOf(book, subject);
  const base = { n: trials, x: trials * Math.min(1, baseline ?? 0) };
  const ofVisits = signalKinds.some(
    ({ type, trial }: SignalKind) => type === series.signal && trial === "closed-visit",
  );
  return {
    trials: n,
    fired: x,
    users: Math.round(book.users(series, scope, Math.max(from, to - storedBins + 1), to).count),
    sessions: ofVisits ? (series.direction === "rise" ? x : n - x) : null,
    rate,
    baseline: baseline === null ? null : Math.min(1, baseline),
    ratio: isKnown && rate !== null ? Math.min(mostRatio, rate / baseline) : null,
    ratio_low: isKnown ? Math.min(mostRatio, low / baseline) : null,
    ratio_high: isKnown ? Math.min(mostRatio, high / baseline) : null,
    p: comparisonP({ now: sums, base, phi, direction: series.direction }),
  };
};

const describeVisibility = (book: Book, subject: Subject): number | null => {
  const { series, sums, rule } = subject;
  if (sums.n === 0 || sums.expected <= 0) return null;
  const { trialsInTwoHours: trials, loneThreshold: threshold } = standingOf(book, subject);
  const phi = dispersionOf(book, subject);
  const { direction } = series;
  const baseline = Math.min(1, sums.expected / sums.n);
  const { smallestRatio } = rule;
  const ratio = smallestVisibleRatio({ baseline, phi, trials, threshold, direction, smallestRatio });
  return ratio === undefined || ratio > mostRatio ? null : ratio;
};

const toldVersions = ["prompt_version", "model", "release"] as const;
const perDimension = 4;

const rateIn = (cells: Cells | undefined, condition: Scope): number | null => {
  if (cells === undefined) return null;
  const { n, x } = sumCells(cells, cellTest(cells, condition));
  return n > 0 ? x / n : null;
};

/** Rates before the onset and since, per prompt version, model and release inside the slice: which version says so. */
const describeVersions = (book: Book, { series, scope, from, to }: Subject): readonly VersionRate[] => {
  const first = to - storedBins + 1;
  const start = Math.max(from, first);
  const now = book.cells(series, scope, start, to);
  const before = start > first ? book.cells(series, scope, first, start - 1) : undefined;
  return toldVersions.flatMap((dimension) => {
    const names = new Set([now, before].flatMap((cells) => cells?.values[cells.dimensions.indexOf(dimension)] ?? []));
    const values = [...names].toSorted().flatMap((value) => {
      const condition: Scope = [[dimension, value]];
      const trials = sumCells(now, cellTest(now, condition)).n;
      const rates = { before: rateIn(before, condition), now: rateIn(now, condition) };
      return rates.before === null && rates.now === null ? [] : [{ value, trials, condition, ...rates }];
    });
    return hideSmall(
      values,
      ({ condition }) => book.users(series, meet(scope, condition), first, to).count,
      ({ trials }) => trials,
    )
      .toSorted((a, b) => b.trials - a.trials)
      .slice(0, perDimension)
      .map(({ value, trials, before: then, now: rate }) => ({
        dimension,
        value: safeSliceValue(value),
        before: then,
        now: rate,
        trials,
      }));
  });
};

const toCandidate = ({ change, score }: RankedChange): CandidateChange => ({
  change_id: safeSliceValue(change.change_id),
  kind: safeSliceValue(change.kind),
  from: safeWord(change.from),
  to: safeWord(change.to),
  ts: isoTime(change.ts),
  scope: safeName(change.scope),
  score,
  note: "correlated, not cause",
  owner: safeWord(change.owner),
  rollback_ref: safeWord(change.rollback_ref),
  url: safeLink(change.url),
});

export interface Suspicion {
  readonly changes: readonly CandidateChange[];
  /** The same as they were announced. */
  readonly records: readonly ChangeRecord[];
  readonly isCorrelated: boolean;
}

export const suspect = (book: Book, known: readonly ChangeRecord[], subject: Subject): Suspicion => {
  const { series, scope, from, to } = subject;
  const window = { from: Math.max(from, to - storedBins + 1), to };
  const { ranked, isCorrelated } = rankForIncident(book, known, { series, scope, onset: from * binLength, ...window });
  return { changes: ranked.map(toCandidate), records: ranked.map(({ change }) => change), isCorrelated };
};

const isExample = (id: string): boolean => /^[\w.:/-]{1,128}$/.test(id);

/** What the evidence says of a subject. */
export const describe = (book: Book, subject: Subject, suspicion: Suspicion) => {
  const { series, scope, from, to } = subject;
  return {
    ...describeCounts(book, subject),
    onset: from * binLength,
    window_start: from * binLength,
    window_end: endOf(to),
    min_detectable_ratio: describeVisibility(book, subject),
    versions: JSON.stringify(describeVersions(book, subject)),
    changes: JSON.stringify(suspicion.changes),
    examples: JSON.stringify(
      book
        .examples(series, scope, Math.max(from, to - storedBins + 1), to)
        .filter(isExample)
        .slice(0, 5),
    ),
  };
};
