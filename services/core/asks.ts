// Which earlier asks a prompt is compared with, and which of them it repeats.
import type { Placed, Repeat } from "./detector.ts";
import type { Bond, Event } from "./event.ts";
import type { EngineSettings } from "./settings.ts";
import type { Match, TextAnalyser } from "./text/types.ts";

/** An earlier prompt of the visit, as later ones see it. */
export interface EarlierAsk {
  readonly event: Event;
  /** The newest response shown before the next prompt; an error only if there is nothing else. */
  answer: Placed | null;
  /** Whether an answer to it was asked for again by button. */
  regenerated: boolean;
  readonly askCount: number;
}

/** However recent, no more earlier prompts than this are looked at. */
export const maxAsks = 20;

export type AskRules = Pick<
  EngineSettings,
  "repeatAt" | "rephraseAt" | "hanKanaRaise" | "lookbackTurns" | "lookbackAge" | "minContentTokens"
>;

const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;

const gradeOf = (match: Match, rules: AskRules): Bond["grade"] | null => {
  if (match.numberMismatch) return null; // the same template with another value: asks something else
  const raise = match.raise ? rules.hanKanaRaise : 0;
  if (match.equal || match.score >= round4(rules.repeatAt + raise)) return "repeat";
  return match.score >= round4(rules.rephraseAt + raise) ? "rephrase" : null;
};

/**
 * The ask among `earlier` (in order) that `event` repeats. An ask without a response before the next prompt is no candidate:
 * asking it again is a retry or impatience. The best score wins, ties go to the later one.
 */
export const findBond = (
  event: Event,
  earlier: readonly EarlierAsk[],
  text: TextAnalyser,
  rules: AskRules,
): Bond | null => {
  const features = event.asked?.features ?? null;
  if (features === null || features.contentTokens < rules.minContentTokens) return null;
  let best: Bond | null = null;
  for (let back = 1; back <= earlier.length; back += 1) {
    const asked = earlier[earlier.length - back];
    if (asked === undefined) break;
    const within = back <= rules.lookbackTurns || event.ts - asked.event.ts <= rules.lookbackAge;
    if (!within) break;
    const other = asked.event.asked?.features ?? null;
    if (asked.answer === null || other === null) continue;
    const match = text.match(other, features);
    if (best !== null && match.score <= best.match.score) continue;
    const grade = gradeOf(match, rules);
    if (grade !== null) best = { ask: asked.event, match, grade };
  }
  return best;
};

/** What the bond means in the visit as it now stands. */
export const repeatOf = (bond: Bond | null, earlier: readonly EarlierAsk[]): Repeat | null => {
  if (bond === null) return null;
  const index = earlier.findIndex((asked) => asked.event === bond.ask);
  const asked = earlier[index];
  if (asked === undefined || asked.answer === null) return null;
  return {
    ...bond,
    answer: asked.answer,
    regenerated: asked.regenerated,
    askCount: asked.askCount + 1,
    turnsBetween: earlier.length - 1 - index,
  };
};
