// What live incidents do not explain of a slice: whether the rest alone would have been an alarm.
import { overDispersion } from "./baseline.ts";
import type { Bin, Book, Scope, Track } from "./book-port.ts";
import { evidenceWidth, stepFall, stepRise } from "./e-process.ts";
import { meet } from "./scope.ts";

export interface RemainderOptions {
  /** Slices to leave out; each can meet the track's. */
  readonly parts: readonly Scope[];
  readonly smallestRatio: number;
  readonly from: Bin;
  readonly to: Bin;
}

/**
 * Largest E of the track's bins without those parts, from 0, linear. The rest of a slice that an incident lifted over its
 * threshold is often a little high by chance; only evidence of its own makes it news. Trials in two parts are left out twice.
 */
export const evidenceOfRest = (
  book: Book,
  track: Track,
  { parts, smallestRatio, from, to }: RemainderOptions,
): number => {
  const all = book.bins(track.series, track.pairs, from, to);
  const held = parts.map((part) => book.bins(track.series, meet(track.pairs, part), from, to));
  const { correlation } = book.standing(track);
  const step = track.series.direction === "rise" ? stepRise : stepFall;
  const state = new Float64Array(evidenceWidth);
  const rest = (of: "n" | "x" | "expected", at: number): number =>
    Math.max(0, (all[of][at] ?? 0) - held.reduce((sum, bins) => sum + (bins[of][at] ?? 0), 0));
  let most = 0;
  for (let at = 0; at < all.n.length; at += 1) {
    const [n, expected] = [rest("n", at), rest("expected", at)];
    if (n <= 0 || expected <= 0) continue;
    const rate = Math.min(0.999, expected / n);
    most = Math.max(
      most,
      step(state, 0, Math.min(n, rest("x", at)), n, rate, smallestRatio, overDispersion(n, correlation)),
    );
  }
  return most;
};
