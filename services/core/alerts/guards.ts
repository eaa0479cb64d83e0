// From evidence to alert: what a candidate must show, and what kind of thing it is. Named, so that a candidate that waits can say why.
import { overDispersion } from "./baseline.ts";
import type { Bin, Book, Candidate, Scope, Series, Sums, Track } from "./book-port.ts";
import { dimensions, isVersion } from "./dimensions.ts";
import type { Direction } from "./e-process.ts";
import { mixShift } from "./mix.ts";
import { wilson } from "./probability.ts";
import type { Guards } from "./rules.ts";
import { meet } from "./scope.ts";

/** What an alarm is about; only `quality` pages. */
export type AlarmClass = "quality" | "mix" | "data" | "client" | "concentrated";

/** A candidate in its evidence window, bins `from` … `to`. */
export interface Evidence {
  readonly candidate: Candidate;
  readonly from: Bin;
  readonly to: Bin;
  /** Of the candidate's slice; expected by its own baseline. */
  readonly sums: Sums;
}

export type Verdict = { readonly class: AlarmClass } | { readonly wait: "volume" | "effect" | "users" };

/** Harm as a ratio above 1; infinite where nothing was expected or, for falls, nothing is left. */
export const harmRatio = ({ x, expected }: Sums, direction: Direction): number => {
  const [more, less] = direction === "rise" ? [x, expected] : [expected, x];
  if (less > 0) return more / less;
  return more > 0 ? Number.POSITIVE_INFINITY : 1;
};

/** Rises ≥ 5 fired, falls ≥ 5 expected: below that a rate is an anecdote. */
const isLarge = ({ n, x, expected }: Sums, direction: Direction, { minTrials, minFired }: Guards): boolean =>
  n >= minTrials && (direction === "rise" ? x : expected) >= minFired;

/** Significant is not yet important. */
export const isImportant = (sums: Sums, direction: Direction, { minRatio, minDifference }: Guards): boolean => {
  const baseline = sums.expected / sums.n;
  const difference = Math.abs(sums.x / sums.n - baseline);
  return harmRatio(sums, direction) >= minRatio && difference >= Math.min(minDifference, baseline);
};

/** Of those expected for the hour; fewer mean a broken control or client. */
const leastShareOfTrials = 1 / 3;

export const isDenominatorBroken = (book: Book, track: Track, from: Bin, to: Bin): boolean => {
  const expected = book.expectedTrials(track, from, to);
  if (expected === undefined || expected <= 0) return false;
  return book.sums(track.series, track.pairs, from, to).n < leastShareOfTrials * expected;
};

/** A rate that was told apart by whom it comes from is no news when only the shares moved. */
const quietRatio = 1.25;
const mostOfShares = 0.5;
/** Values without a past that hold more than this are a rollout: their shares say nothing. */
const rollout = 0.1;

const isShiftOf = (dimension: string, book: Book, { candidate, from, to }: Evidence): boolean => {
  const { series, pairs } = candidate.track;
  const parts = book.mix(series, pairs, dimension, from, to);
  const now = parts.reduce((sum, { weightNow }) => sum + weightNow, 0);
  const fresh = parts.reduce((sum, part) => sum + (part.weightBefore > 0 ? 0 : part.weightNow), 0);
  if (parts.length < 2 || fresh > rollout * now) return false;
  return mixShift(parts).share > mostOfShares;
};

/**
 * Traffic moved, quality did not: the shares of some dimension explain more than half the move, or every part behaves as it did.
 * Versions are left out: a rollout is a shift of shares.
 */
const isMixShift = (book: Book, evidence: Evidence): boolean => {
  const { candidate, from, to } = evidence;
  const { series, pairs } = candidate.track;
  if (harmRatio(book.sums(series, pairs, from, to), series.direction) < quietRatio) return true;
  return dimensions.some(
    (dimension) =>
      !isVersion(dimension) &&
      dimension !== "prompt_name" &&
      !pairs.some(([own]) => own === dimension) &&
      isShiftOf(dimension, book, evidence),
  );
};

/** A user with less than this share of the harm is no explanation: without any of its trials a fresh alarm is often a bin short. */
const heavyShare = 0.2;

/** A person is no incident: without the heaviest user of each day there would have been no alarm. */
const withoutHeaviest = (
  book: Book,
  { candidate, from, to, sums }: Evidence,
  restart: Bin,
): "alarm" | "one user" | "not yet" => {
  const { track, threshold, lnE } = candidate;
  if (candidate.trigger === "sustained") return "alarm";
  const { heaviest } = book.users(track.series, track.pairs, from, to);
  const harm = track.series.direction === "rise" ? sums.x : sums.n - sums.x;
  const isHeavy = heaviest > heavyShare * harm;
  if (lnE === null || threshold === null) return heaviest > harm / 2 ? "one user" : "alarm";
  if (book.evidenceWithoutHeaviest(track, track.pairs, restart, to) >= threshold) return "alarm";
  return isHeavy ? "one user" : "not yet";
};

const clientDimensions = ["device", "app_version"] as const;

const minus = (a: Sums, b: Sums): Sums => ({ n: a.n - b.n, x: a.x - b.x, expected: a.expected - b.expected });

/** Asked at every bin of an episode, so chance has many looks: three deviations beyond the ratio that is no news count as a rise. */
const surely = 3;
/** By how much a confined rise exceeds what is told of the rest by chance alone. */
const farWorse = 2;

/** Whether a rate lies beyond the quiet ratio for sure, its bins scattering as those of `track` do. */
const isRisen = (book: Book, track: Track, sums: Sums, bins: number): boolean => {
  const { direction } = track.series;
  if (sums.n === 0 || harmRatio(sums, direction) < quietRatio) return false;
  const phi = overDispersion(sums.n / bins, book.standing(track).correlation);
  const { low, high } = wilson(sums.x / phi, sums.n / phi, surely);
  const baseline = sums.expected / sums.n;
  return direction === "rise" ? low > quietRatio * baseline : high < baseline / quietRatio;
};

/** The rest is at its baseline, or off it by no more than chance and by far less than what is bad. */
const isLeftAlone = (book: Book, { candidate, from, to }: Evidence, rest: Sums, bad: Sums): boolean => {
  const { track } = candidate;
  const ratio = harmRatio(rest, track.series.direction);
  if (ratio < quietRatio) return true;
  return !isRisen(book, track, rest, to - from + 1) && harmRatio(bad, track.series.direction) >= farWorse * ratio;
};

/** The one `device` or `app_version` to which the rise is confined; undefined: none, or the rest is too small to tell. */
const confinedTo = (book: Book, evidence: Evidence, guards: Guards): Scope | undefined => {
  const { candidate, from, to } = evidence;
  const { series, pairs } = candidate.track;
  const all = book.sums(series, pairs, from, to);
  for (const dimension of clientDimensions) {
    const own = pairs.find(([name]) => name === dimension);
    const around = own === undefined ? pairs : pairs.filter((pair) => pair !== own);
    const whole = own === undefined ? all : book.sums(series, around, from, to);
    const values =
      own === undefined ? book.mix(series, pairs, dimension, from, to).map(({ value }) => value) : [own[1]];
    for (const value of values) {
      const scope = meet(around, [[dimension, value]]);
      const inside = book.sums(series, scope, from, to);
      const outside = minus(whole, inside);
      const isBad = harmRatio(inside, series.direction) >= guards.minRatio && isLarge(inside, series.direction, guards);
      const canTell = outside.n >= guards.minTrials;
      if (isBad && canTell && isLeftAlone(book, evidence, outside, inside)) return scope;
    }
  }
  return undefined;
};

/** Bad answers move several signals, a broken widget one. */
const isAlone = (book: Book, series: Series, scope: Scope, from: Bin, to: Bin): boolean => {
  const others = book
    .tracks(series.tenant)
    .filter(({ slice, series: other }) => slice === "*" && other.signal !== series.signal);
  return others.every((other) => !isRisen(book, other, book.sums(other.series, scope, from, to), to - from + 1));
};

export interface Judgement {
  readonly verdict: Verdict;
  /** Where it is, if the class says so: `client` names the device or version. */
  readonly scope: Scope | null;
}

const classed = (kind: AlarmClass, scope: Scope | null = null): Judgement => ({ verdict: { class: kind }, scope });
const waiting = (wait: "volume" | "effect" | "users"): Judgement => ({ verdict: { wait }, scope: null });

export interface JudgeOptions {
  readonly guards: Guards;
  /** First bin from which evidence counts: the alarm's own start. */
  readonly restart: Bin;
}

/** All guards of one candidate. A candidate that waits is looked at again when the next bin closes. */
export const judge = (book: Book, evidence: Evidence, { guards, restart }: JudgeOptions): Judgement => {
  const { candidate, from, to, sums } = evidence;
  const { series, pairs } = candidate.track;
  const { direction } = series;
  // A month of trials stands behind it, and the rule's own smallest ratio: what follows is about hours.
  if (candidate.trigger === "sustained") return classed("quality");
  if (!isLarge(sums, direction, guards)) return waiting("volume");
  if (!isImportant(sums, direction, guards)) return waiting("effect");
  if (isDenominatorBroken(book, candidate.track, from, to)) return classed("data");
  if (isMixShift(book, evidence)) return classed("mix");
  const rest = withoutHeaviest(book, evidence, restart);
  if (rest === "one user") return classed("concentrated");
  if (rest === "not yet") return waiting("users");
  if (book.users(series, pairs, from, to).count < guards.minUsers) return waiting("users");
  const client = confinedTo(book, evidence, guards);
  if (client !== undefined && isAlone(book, series, client, from, to)) return classed("client", client);
  return classed("quality");
};
