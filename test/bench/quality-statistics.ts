// Statistics of detection quality: ROC-AUC, average precision, precision and recall, each with a bootstrap interval by cluster.
import { createRandom } from "#infra/dev/random.ts";

/** One judged case. Cases of one dialogue share a cluster and are drawn together. */
export interface Case {
  readonly score: number;
  readonly positive: boolean;
  readonly cluster: number;
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A figure of cases sorted by falling score, where case i counts weight[cluster] times. */
export type Figure = (sorted: readonly Case[], weights: Float64Array) => number;

/** Chance that a positive case scores above a negative one, ties counting half. */
export const rocAuc: Figure = (sorted, weights) => {
  let [positives, negatives, won] = [0, 0, 0];
  for (let i = 0; i < sorted.length; ) {
    const { score } = sorted[i] as Case;
    let [up, down] = [0, 0];
    for (let own = sorted[i]; own !== undefined && own.score === score; i += 1, own = sorted[i]) {
      const weight = weights[own.cluster] ?? 0;
      if (own.positive) up += weight;
      else down += weight;
    }
    won += down * (positives + up / 2);
    positives += up;
    negatives += down;
  }
  return won / (positives * negatives);
};

/** Precision at every positive case, averaged; tied cases are taken at once. */
export const averagePrecision: Figure = (sorted, weights) => {
  let [hits, seen, sum] = [0, 0, 0];
  for (let i = 0; i < sorted.length; ) {
    const { score } = sorted[i] as Case;
    let up = 0;
    for (let own = sorted[i]; own !== undefined && own.score === score; i += 1, own = sorted[i]) {
      const weight = weights[own.cluster] ?? 0;
      seen += weight;
      if (own.positive) up += weight;
    }
    hits += up;
    if (seen > 0) sum += up * (hits / seen);
  }
  return sum / hits;
};

/** Shares among the cases that fired (score 1) and did not (score 0). */
const counts = (cases: readonly Case[], weights: Float64Array) => {
  let [fired, hits, positives, all] = [0, 0, 0, 0];
  for (const { score, positive, cluster } of cases) {
    const weight = weights[cluster] ?? 0;
    all += weight;
    if (score > 0) fired += weight;
    if (positive) positives += weight;
    if (score > 0 && positive) hits += weight;
  }
  return { fired, hits, positives, all };
};

export const precision: Figure = (cases, weights) => {
  const { fired, hits } = counts(cases, weights);
  return hits / fired;
};
export const recall: Figure = (cases, weights) => {
  const { positives, hits } = counts(cases, weights);
  return hits / positives;
};
export const f1: Figure = (cases, weights) => {
  const { fired, hits, positives } = counts(cases, weights);
  return (2 * hits) / (fired + positives);
};
/** How much more often the label holds where it fired than at all. */
export const lift: Figure = (cases, weights) => {
  const { fired, hits, positives, all } = counts(cases, weights);
  return hits / fired / (positives / all);
};
export const fireRate: Figure = (cases, weights) => {
  const { fired, all } = counts(cases, weights);
  return fired / all;
};

/** The figure, and the middle 95 % of what it is when clusters are drawn with replacement. */
export const estimate = (cases: readonly Case[], figure: Figure, draws = 400): Estimate => {
  const sorted = cases.toSorted((a, b) => b.score - a.score);
  const clusters = cases.reduce((most, { cluster }) => Math.max(most, cluster), 0) + 1;
  const random = createRandom(7);
  const drawn = Array.from({ length: draws }, () => {
    const weights = new Float64Array(clusters);
    for (let i = 0; i < clusters; i += 1) {
      const one = random.below(clusters);
      weights[one] = (weights[one] ?? 0) + 1;
    }
    return figure(sorted, weights);
  })
    .filter((value) => !Number.isNaN(value))
    .toSorted((a, b) => a - b);
  const at = (share: number) => drawn[Math.min(drawn.length - 1, Math.floor(share * drawn.length))] ?? Number.NaN;
  return { value: figure(sorted, new Float64Array(clusters).fill(1)), low: at(0.025), high: at(0.975) };
};
