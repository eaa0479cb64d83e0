// Exact draws of the distributions that simulated traffic needs, fast at any size: Poisson, gamma, beta, binomial.
import type { Random } from "#infra/dev/random.ts";

export interface Sampler {
  readonly normal: () => number;
  /** Shape > 0, scale 1. */
  readonly gamma: (shape: number) => number;
  readonly beta: (a: number, b: number) => number;
  readonly binomial: (n: number, p: number) => number;
  readonly poisson: (mean: number) => number;
}

/** Up to so many expected successes are counted one by one. */
const fewSuccesses = 16;

export const createSampler = (random: Random): Sampler => {
  /** Never 0, so that its logarithm is finite. */
  const open = (): number => 1 - random.unit();
  const normal = (): number => Math.sqrt(-2 * Math.log(open())) * Math.cos(2 * Math.PI * random.unit());

  /** Marsaglia & Tsang 2000; below shape 1 by their boost. */
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * open() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(open()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v;
    }
  };

  const beta = (a: number, b: number): number => {
    const x = gamma(a);
    return x / (x + gamma(b));
  };

  /** From success to success by geometric gaps: n·p logarithms. */
  const countByGaps = (n: number, p: number): number => {
    const scale = Math.log(1 - p);
    let successes = -1;
    for (let trial = 0; trial <= n; successes += 1) trial += 1 + Math.floor(Math.log(open()) / scale);
    return successes;
  };

  /** Halves the trials at an order statistic of their uniforms until few successes are left (Devroye 1986, X.4.3). */
  const binomial = (n: number, p: number): number => {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - binomial(n, 1 - p);
    if (n * p < fewSuccesses) return countByGaps(n, p);
    const middle = (n + 1) >> 1;
    const value = beta(middle, n + 1 - middle);
    return value <= p ? middle + binomial(n - middle, (p - value) / (1 - value)) : binomial(middle - 1, p / value);
  };

  /** Halves the time at an arrival until few are expected (Ahrens & Dieter 1974). */
  const poisson = (mean: number): number => {
    if (mean > fewSuccesses) {
      const arrivals = Math.floor(mean * 0.875);
      const time = gamma(arrivals);
      return time > mean ? binomial(arrivals - 1, mean / time) : arrivals + poisson(mean - time);
    }
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = open(); product > limit; product *= open()) count += 1;
    return count;
  };

  return { normal, gamma, beta, binomial, poisson };
};
