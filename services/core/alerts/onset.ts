// When did it begin: the start from which the counts speak most against the baseline, and the classic change point without one.
import type { Direction } from "./e-process.ts";

/** Consecutive bins, oldest first. */
export interface Bins {
  readonly x: ArrayLike<number>;
  readonly n: ArrayLike<number>;
  /** Expected fired trials, Σ n·p̂ of each bin. */
  readonly expected: ArrayLike<number>;
}

export interface Onset {
  /** Index of the first bin of the evidence window, which reaches to the last bin. */
  readonly start: number;
  /** ln likelihood ratio of the window's own rate against the expected one. */
  readonly score: number;
  readonly x: number;
  readonly n: number;
  readonly expected: number;
}

/** a ln(a/b) with 0 ln 0 = 0. */
const weigh = (a: number, b: number): number => (a > 0 ? a * Math.log(a / b) : 0);

/** ln likelihood of x of n at their own rate, less what is the same for every rate. */
const ownLikelihood = (x: number, n: number): number => weigh(x, n) + weigh(n - x, n);

/** The best start over all bins given (72 at most: six hours); undefined: no window's rate lies on the harmful side. */
export const findOnset = ({ x, n, expected }: Bins, direction: Direction): Onset | undefined => {
  let best: Onset | undefined;
  let [sumX, sumN, sumE] = [0, 0, 0];
  for (let start = x.length - 1; start >= 0; start -= 1) {
    sumX += x[start] ?? 0;
    sumN += n[start] ?? 0;
    sumE += expected[start] ?? 0;
    const isHarm = direction === "rise" ? sumX > sumE : sumX < sumE;
    if (!isHarm || (n[start] ?? 0) === 0) continue;
    const score = weigh(sumX, sumE) + weigh(sumN - sumX, sumN - sumE);
    // Of equal windows the shorter one: it holds no bin without trials in front.
    if (best === undefined || score > best.score) best = { start, score, x: sumX, n: sumN, expected: sumE };
  }
  return best;
};

export interface ChangePoint {
  /** Bins before the change, 1 … length − 1. */
  readonly splitAfter: number;
  /** Twice the ln likelihood ratio of two rates against one. */
  readonly twiceLogRatio: number;
}

/** Where one binomial rate turns into another, by likelihood; the earliest of equals. Needs two bins. */
export const binomialChangePoint = (x: ArrayLike<number>, n: ArrayLike<number>): ChangePoint => {
  let [allX, allN] = [0, 0];
  for (let i = 0; i < x.length; i += 1) {
    allX += x[i] ?? 0;
    allN += n[i] ?? 0;
  }
  const pooled = ownLikelihood(allX, allN);
  let best = { splitAfter: 1, twiceLogRatio: Number.NEGATIVE_INFINITY };
  let [leftX, leftN] = [0, 0];
  for (let split = 1; split < x.length; split += 1) {
    leftX += x[split - 1] ?? 0;
    leftN += n[split - 1] ?? 0;
    const twiceLogRatio = 2 * (ownLikelihood(leftX, leftN) + ownLikelihood(allX - leftX, allN - leftN) - pooled);
    if (twiceLogRatio > best.twiceLogRatio) best = { splitAfter: split, twiceLogRatio };
  }
  return best;
};
