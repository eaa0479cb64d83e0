// How long charts run until they alarm, step by step with the product's own steps, against published tables; the e-detector against T.
import { cusumRunLengthTwoSided, cusumStep, ewmaLimit, ewmaStep, trialSteps } from "#core/alerts/charts.ts";
import { evidenceWidth, stepRise } from "#core/alerts/e-process.ts";
import { createRandom, type Random } from "#infra/dev/random.ts";
import { type Job, seedOf } from "./job.ts";
import type { Goal, Sample } from "./measures.ts";
import { createSampler, type Sampler } from "./sampling.ts";

const tenth = 0.1;

/** Two-sided CUSUM of normal values, k = .5, h = 4: Lucas & Crosier 1982, table 1. */
const lucasCrosier = [
  { mean: 0, length: 168 },
  { mean: 0.5, length: 26.6 },
  { mean: 1, length: 8.38 },
  { mean: 2, length: 3.34 },
] as const;

/** Two-sided EWMA with fixed limits: Lucas & Saccucci 1990, table 3. */
const lucasSaccucci = [
  { lambda: 0.5, limit: 3.071, mean: 0, length: 500 },
  { lambda: 0.5, limit: 3.071, mean: 1, length: 17.5 },
  { lambda: 0.03, limit: 2.437, mean: 0, length: 500 },
  { lambda: 0.03, limit: 2.437, mean: 1, length: 12.6 },
] as const;

/** CUSUM trial by trial, 5 % against 10 %: 20,000 to 100,000 simulated runs a cell. */
const bernoulli = [
  { h: 3, rate: 0.05, length: 1290 },
  { h: 3, rate: 0.1, length: 112.4 },
  { h: 4, rate: 0.1, length: 158.7 },
  { h: 4, rate: 0.18, length: 49.7 },
] as const;

const cusumKey = (mean: number): string => `cusum ${mean}`;
const ewmaKey = ({ lambda, mean }: { readonly lambda: number; readonly mean: number }): string =>
  `ewma ${lambda} ${mean}`;
const bernoulliKey = ({ h, rate }: { readonly h: number; readonly rate: number }): string => `bernoulli ${h} ${rate}`;

/** The e-detector at 28 days: bins until a false alarm where the true rate lies on the edge of the null. */
const patience = 8_064;

export const runLengthGoals: readonly Goal[] = [
  ...lucasCrosier.map(
    ({ mean, length }): Goal => ({
      key: cusumKey(mean),
      what: `run length of CUSUM (k .5, h 4), shift ${mean}`,
      kind: "mean",
      within: { of: length, share: tenth },
    }),
  ),
  ...bernoulli.map(
    (chart): Goal => ({
      key: bernoulliKey(chart),
      what: `run length of CUSUM by trial (5 → 10 %, h ${chart.h}) at ${100 * chart.rate} %`,
      kind: "mean",
      within: { of: chart.length, share: tenth },
    }),
  ),
  ...lucasSaccucci.map(
    (chart): Goal => ({
      key: ewmaKey(chart),
      what: `run length of EWMA (λ ${chart.lambda}), shift ${chart.mean}`,
      kind: "mean",
      within: { of: chart.length, share: tenth },
    }),
  ),
  { key: "e-detector", what: "run length of the e-detector at 1.25 × baseline", kind: "mean", atLeast: patience },
];

const repeat = (runs: number, one: () => number): number[] => Array.from({ length: runs }, one);

const ewmaLength = ({ lambda, limit, mean }: (typeof lucasSaccucci)[number], { normal }: Sampler): number => {
  const edge = ewmaLimit(lambda, limit);
  let length = 0;
  for (let level = 0; Math.abs(level) <= edge; length += 1) level = ewmaStep(level, mean + normal(), lambda);
  return length;
};

const bernoulliLength = ({ h, rate }: (typeof bernoulli)[number], random: Random): number => {
  const steps = trialSteps(0.05, 0.1);
  let length = 0;
  for (let sum = 0; sum < h; length += 1) sum = cusumStep(sum, random.unit() < rate ? 1 : 0, 1, steps, 1);
  return length;
};

/** A run is cut at ten times T: that can only make the mean too small. */
const detectorLength = ({ beta, binomial }: Sampler): number => {
  const [baseline, ratio, n, rho] = [0.05, 1.25, 50, 0.01];
  const [a, b] = [ratio * baseline * (1 / rho - 1), (1 - ratio * baseline) * (1 / rho - 1)];
  const phi = 1 + (n - 1) * rho;
  const state = new Float64Array(evidenceWidth);
  let bins = 0;
  while (bins < 10 * patience) {
    bins += 1;
    if (stepRise(state, 0, binomial(n, beta(a, b)), n, baseline, ratio, phi) >= patience) break;
  }
  return bins;
};

export const runLengthJobs = (scale: number): readonly Job[] => [
  {
    name: "charts",
    parts: 2,
    run(part) {
      const random = createRandom(seedOf("charts", part));
      const sampler = createSampler(random);
      const runs = Math.ceil(1_000 * scale);
      return [
        ...lucasCrosier.map(
          ({ mean }): Sample => ({ key: cusumKey(mean), values: [cusumRunLengthTwoSided({ k: 0.5, h: 4, mean })] }),
        ),
        ...bernoulli.map(
          (chart): Sample => ({
            key: bernoulliKey(chart),
            values: repeat(runs, () => bernoulliLength(chart, random)),
          }),
        ),
        ...lucasSaccucci.map(
          (chart): Sample => ({ key: ewmaKey(chart), values: repeat(runs, () => ewmaLength(chart, sampler)) }),
        ),
      ];
    },
  },
  {
    name: "e-detector",
    parts: 4,
    run(part) {
      const sampler = createSampler(createRandom(seedOf("e-detector", part)));
      return [{ key: "e-detector", values: repeat(Math.ceil(200 * scale), () => detectorLength(sampler)) }];
    },
  },
];
