// Every reference value of a method used here, from the file of them that may lie beside the repository.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  bernoulliCusumRunLength,
  cusumRunLength,
  cusumRunLengthTwoSided,
  earsC1,
  ewmaRunLength,
  trialSteps,
} from "./charts.ts";
import { binomialChangePoint } from "./onset.ts";
import { betaBinomialUpper, binomialUpper, negBinomialUpper, poissonInterval, wilson } from "./probability.ts";
import { alertQuality } from "./quality.ts";

interface Vector {
  readonly id: string;
  readonly method: string;
  readonly input: never;
  readonly expected: never;
  readonly tol: number;
  readonly note?: string;
}

/** What we say against what is expected, value by value. */
type Pairs = readonly (readonly [ours: number, expected: number])[];
type Run = (input: never, expected: never) => Pairs;

const zip = (ours: readonly number[], expected: readonly number[]): Pairs =>
  expected.map((value, index) => [ours[index] ?? Number.NaN, value]);

interface CusumInput {
  readonly k: number;
  readonly h: number;
  readonly mu: readonly number[];
}

/** Lists are per mean; a name with "headstart" or "fir" starts at half of h. A shorter list is of the means 0 and 1. */
const cusumTwoSided = ({ k, h, mu }: CusumInput, expected: Record<string, number | readonly number[]>): Pairs =>
  Object.entries(expected).flatMap(([name, values]) => {
    if (typeof values === "number") return zip([cusumRunLength({ k, h, mean: 0 })], [values]);
    const headstart = /headstart|fir/.test(name) ? h / 2 : 0;
    const means = values.length === mu.length ? mu : [0, 1];
    return zip(
      means.map((mean) => cusumRunLengthTwoSided({ k, h, mean, headstart })),
      values,
    );
  });

/** Keys are "lam=0.5,L=3.071", "lam=0.5" with L in the input, or "0.40/3.054". */
const ewmaTwoSided = (
  { mu, L }: { readonly mu: readonly number[]; readonly L?: number },
  expected: Record<string, readonly number[]>,
): Pairs =>
  Object.entries(expected).flatMap(([name, values]) => {
    const [lambda = Number.NaN, limit = L ?? Number.NaN] = (name.match(/\d+(\.\d+)?/g) ?? []).map(Number);
    return zip(
      mu.map((mean) => ewmaRunLength({ lambda, limit, mean })),
      values,
    );
  });

interface BernoulliExpected {
  readonly up: number;
  readonly down: number;
  readonly arl: Record<string, readonly number[]>;
  readonly arl_at: readonly number[];
}

const bernoulli = (
  { p0, p1 }: { readonly p0: number; readonly p1: number },
  { up, down, arl, arl_at: rates }: BernoulliExpected,
): Pairs => {
  const steps = trialSteps(p0, p1);
  const lengths = Object.entries(arl).flatMap(([name, values]) =>
    zip(
      rates.map((rate) => bernoulliCusumRunLength({ steps, h: Number(name.slice(1)), rate })),
      values,
    ),
  );
  return [[steps.up, up], [steps.down, down], ...lengths];
};

const runs: Record<string, Run> = {
  binomial_upper_p: ({ k, n, p0 }: { k: number; n: number; p0: number }, expected: number) => [
    [binomialUpper(k, n, p0), expected],
  ],
  beta_binomial_upper_p: ({ a, b, n, k }: { a: number; b: number; n: number; k: number }, expected: number) => [
    [betaBinomialUpper(k, n, a, b), expected],
  ],
  negbinom_upper_p: ({ mu, size, k }: { mu: number; size: number; k: number }, expected: number) => [
    [negBinomialUpper(k, { mean: mu, size }), expected],
  ],
  poisson_exact_ci: ({ x, t }: { x: number; t: number }, { rate, ci95 }: { rate: number; ci95: readonly number[] }) => {
    const { low, high } = poissonInterval(x, t);
    return zip([x / t, low, high], [rate, ...ci95]);
  },
  proportion_ci95: ({ k, n }: { k: number; n: number }, expected: { wilson: readonly number[] }) => {
    const { low, high } = wilson(k, n);
    return zip([low, high], expected.wilson);
  },
  cusum_arl_two_sided: cusumTwoSided,
  cusum_arl_one_sided: ({ k, h, mu }: CusumInput, expected: Record<string, readonly number[]>) =>
    Object.values(expected).flatMap((values) =>
      zip(
        mu.map((mean) => cusumRunLength({ k, h, mean })),
        values,
      ),
    ),
  ewma_arl_two_sided_fixed_limits: ewmaTwoSided,
  bernoulli_cusum: bernoulli,
  ears_c1: (
    { baseline7, today }: { baseline7: readonly number[]; today: number },
    expected: { mean: number; sd: number; z: number; ucl3: number },
  ) => {
    const { mean, sd, z, limit } = earsC1(baseline7, today);
    return zip([mean, sd, z, limit], [expected.mean, expected.sd, expected.z, expected.ucl3]);
  },
  binomial_changepoint: (
    { n, k }: { n: readonly number[]; k: readonly number[] },
    expected: { split_after: number; llr2: number },
  ) => {
    const { splitAfter, twiceLogRatio } = binomialChangePoint(k, n);
    return zip([splitAfter, twiceLogRatio], [expected.split_after, expected.llr2]);
  },
  alert_quality: (
    { alerts, incidents }: { alerts: readonly number[]; incidents: readonly (readonly [number, number])[] },
    expected: { precision: number; recall: number; detect_latency: readonly number[] },
  ) => {
    const { precision, recall, delays } = alertQuality(alerts, incidents);
    return zip(
      [precision.value ?? Number.NaN, recall.value ?? Number.NaN, delays.length, ...delays],
      [expected.precision, expected.recall, expected.detect_latency.length, ...expected.detect_latency],
    );
  },
};

/** The file names a tolerance as relative in its note. */
const isWithin = (ours: number, expected: number, { tol, note }: Vector): boolean =>
  Math.abs(ours - expected) <= tol * (note === "relative tolerance" ? Math.abs(expected) : 1);

const file = join(import.meta.dirname, "../../../../shared/vectors/methods.json");
const isThere = existsSync(file);
const { vectors } = isThere
  ? (JSON.parse(readFileSync(file, "utf8")) as { readonly vectors: readonly Vector[] })
  : { vectors: [] };

describe.skipIf(!isThere)("reference values (skipped where their file is not beside the repository)", () => {
  const known = vectors.filter(({ method }) => method in runs);

  it("are there for every method", () => {
    expect([...new Set(known.map(({ method }) => method))].toSorted()).toEqual(Object.keys(runs).toSorted());
  });

  it.each(known.map((vector) => [vector.id, vector] as const))("of %s are met", (_, vector) => {
    const pairs = runs[vector.method]?.(vector.input, vector.expected) ?? [];
    expect(pairs.length).toBeGreaterThan(0);
    expect(pairs.filter(([ours, expected]) => !isWithin(ours, expected, vector))).toEqual([]);
  });
});
