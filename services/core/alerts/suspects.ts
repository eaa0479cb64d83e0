// Which change came just before: candidates ranked by nearness in time, overlap of scope and kind. Correlated, never "cause".
import { type EventTime, hour, minute } from "#core/time.ts";

export interface ChangeToScore {
  readonly id: string;
  readonly at: EventTime;
  /** prompt, model, routing, deploy, flag, rollback; any other counts like a deploy. */
  readonly kind: string;
  /** J: trials in both scopes ÷ trials in either, in the evidence window, 0 … 1. */
  readonly overlap: number;
}

export interface Suspect {
  readonly id: string;
  /** Share of all candidates' scores, 0 … 1. */
  readonly score: number;
  /** J·e^(−Δt/2h), without the kind: how near the change is on its own. */
  readonly nearness: number;
}

/** How often each kind turns out to be behind a change of quality, before looking. */
const priors: ReadonlyMap<string, number> = new Map([
  ["prompt", 0.5],
  ["model", 0.3],
]);
const otherPrior = 0.1;

const earliest = 6 * hour;
/** An onset is known to two bins. */
const latest = 10 * minute;
const fading = 2 * hour;
const shown = 3;

/** J of two scopes from their trials; 0 when neither has any. */
export const scopeOverlap = (inBoth: number, inFirst: number, inSecond: number): number => {
  const either = inFirst + inSecond - inBoth;
  return either > 0 ? inBoth / either : 0;
};

const nearness = ({ at, overlap }: ChangeToScore, onset: EventTime): number =>
  overlap * Math.exp(-Math.max(0, onset - at) / fading);

/** Best first, at most three; of equal scores the later change, then by id. Scores are shares among all candidates. */
export const rankChanges = (changes: readonly ChangeToScore[], onset: EventTime): readonly Suspect[] => {
  const scored = changes
    .filter(({ at, overlap }) => at >= onset - earliest && at <= onset + latest && overlap > 0)
    .map((change) => {
      const near = nearness(change, onset);
      return { change, near, raw: near * (priors.get(change.kind) ?? otherPrior) };
    });
  const sum = scored.reduce((total, { raw }) => total + raw, 0);
  return scored
    .toSorted((a, b) => b.raw - a.raw || b.change.at - a.change.at || (a.change.id < b.change.id ? -1 : 1))
    .slice(0, shown)
    .map(({ change, near, raw }) => ({ id: change.id, score: raw / sum, nearness: near }));
};

/** Whether an incident may be called change-correlated: one change stands out, and it is near on its own. */
export const isChangeCorrelated = ([best]: readonly Suspect[]): boolean =>
  best !== undefined && best.score >= 0.5 && best.nearness >= 0.1;
