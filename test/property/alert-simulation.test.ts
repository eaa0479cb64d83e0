// What simulations of alerting stand on: draws are exact, traffic is what a story says, intervals cover, the NAB scorer scores.
import { describe, expect, it } from "vitest";
import { day, hour } from "#core/time.ts";
import { createRandom } from "#infra/dev/random.ts";
import { quantile, rateInterval, shareInterval } from "#test/bench/alerts/intervals.ts";
import { judge } from "#test/bench/alerts/measures.ts";
import { scoreCorpus } from "#test/bench/alerts/nab-score.ts";
import { createSampler } from "#test/bench/alerts/sampling.ts";
import { bin, createTraffic, cycleAt, monday, type Tenant } from "#test/bench/alerts/traffic.ts";

const draws = 20_000;
const sampler = createSampler(createRandom(1));
const many = (draw: () => number): number[] => Array.from({ length: draws }, draw);
const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
};

/** Pearson's X² of draws against the chances of 0, 1, 2 … , each expected at least five times. */
const misfit = (values: readonly number[], chance: (k: number) => number): { x2: number; cells: number } => {
  let [x2, cells, k] = [0, 0, 0];
  for (let left = 1; left > 0.001 && k < 1_000; k += 1) {
    const expected = chance(k) * values.length;
    left -= chance(k);
    if (expected < 5) continue;
    x2 += (values.filter((value) => value === k).length - expected) ** 2 / expected;
    cells += 1;
  }
  return { x2, cells };
};

const lnFactorial = (n: number): number => {
  let sum = 0;
  for (let i = 2; i <= n; i += 1) sum += Math.log(i);
  return sum;
};

describe("draws", () => {
  it.each([
    [5, 0.05],
    [50, 0.05],
    [500, 0.18],
    [40, 0.7],
  ])("of %i trials at rate %d are binomial", (n, p) => {
    const chance = (k: number): number =>
      k > n
        ? 0
        : Math.exp(lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log(1 - p));
    const { x2, cells } = misfit(
      many(() => sampler.binomial(n, p)),
      chance,
    );
    // Five standard deviations above the mean of X².
    expect(x2).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  it.each([0.7, 12, 400])("with mean %d are Poisson", (mean) => {
    const chance = (k: number): number => Math.exp(k * Math.log(mean) - mean - lnFactorial(k));
    const { x2, cells } = misfit(
      many(() => sampler.poisson(mean)),
      chance,
    );
    expect(x2).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  it.each([
    [0.4, 3],
    [5, 95],
  ])("of beta(%d, %d) have its mean and variance", (a, b) => {
    const { mean, variance } = moments(many(() => sampler.beta(a, b)));
    const expected = (a * b) / ((a + b) ** 2 * (a + b + 1));
    expect(Math.abs(mean - a / (a + b))).toBeLessThan(5 * Math.sqrt(expected / draws));
    expect(variance / expected).toBeCloseTo(1, 1);
  });
});

const isLater = (at: number): boolean => at >= monday + day;

describe("traffic", () => {
  const tenant: Tenant = {
    name: "t",
    cells: [{ slice: { feature: "a" }, trials: 50, base: 0.05 }],
    rho: 0.01,
    cycle: false,
    drift: 0,
  };
  const bins = Array.from({ length: 8_000 }, (_, index) => monday + index * bin);

  const first = (seed: number) => createTraffic(tenant, seed).tallies(monday);
  it("scatters as its correlation says", () => {
    const traffic = createTraffic(tenant, 3);
    const tallies = bins.flatMap((at) => traffic.tallies(at));
    const squares = tallies.map(
      ({ trials: n, fired: x }) => (x - 0.05 * n) ** 2 / (n * 0.05 * 0.95 * (1 + (n - 1) * 0.01)),
    );
    expect(moments(squares).mean).toBeGreaterThan(0.93);
    expect(moments(squares).mean).toBeLessThan(1.07);
  });

  it("is the same for the same seed and another for another", () => {
    expect(first(5)).toEqual(first(5));
    expect(first(5)).not.toEqual(first(6));
  });

  it("keeps its mean over a week of day and weekend", () => {
    const cycle = Array.from({ length: 7 * 24 }, (_, index) => cycleAt(monday + index * hour));
    expect(moments(cycle).mean).toBeCloseTo(1, 3);
    expect(Math.max(...cycle) / Math.min(...cycle)).toBeGreaterThan(3);
  });

  it("rises and swells when the story says so", () => {
    const traffic = createTraffic(
      { ...tenant, rate: (_, at) => (isLater(at) ? 4 : 1), volume: (_, at) => (isLater(at) ? 2 : 1) },
      8,
    );
    const [before, after] = [bins.slice(0, 288), bins.slice(288, 576)].map((part) => {
      const tallies = part.flatMap((at) => traffic.tallies(at));
      const trials = tallies.reduce((sum, one) => sum + one.trials, 0);
      return { trials, rate: tallies.reduce((sum, one) => sum + one.fired, 0) / trials };
    });
    expect((after?.trials ?? 0) / (before?.trials ?? 1)).toBeCloseTo(2, 1);
    expect(Math.abs((after?.rate ?? 0) / (before?.rate ?? 1) - 4)).toBeLessThan(0.4);
  });

  it("carries one entry per user up to 16, ascending, the heavy user's trials in one", () => {
    const traffic = createTraffic({ ...tenant, rate: () => 8, heavyUser: () => 0.5 }, 9);
    for (const { fired, users } of bins.slice(0, 50).flatMap((at) => traffic.tallies(at))) {
      if (users === null) continue;
      const view = new DataView(users.buffer, users.byteOffset);
      const entries = Array.from({ length: users.length / 10 }, (_, index) => ({
        hash: view.getBigUint64(index * 10),
        trials: view.getUint16(index * 10 + 8),
      }));
      const heavy = Math.round(fired / 2);
      expect(entries).toHaveLength(Math.min(16, fired - heavy + 1));
      expect(entries.map(({ trials }) => trials)).toEqual([heavy, ...entries.slice(1).map(() => 1)]);
      expect(entries.map(({ hash }) => hash)).toEqual(
        entries.map(({ hash }) => hash).toSorted((a, b) => (a < b ? -1 : 1)),
      );
    }
  });
});

describe("intervals", () => {
  it("of a share are Wilson's", () => {
    expect(shareInterval(5, 7).low).toBeCloseTo(0.359, 3);
    expect(shareInterval(5, 7).high).toBeCloseTo(0.918, 3);
    expect(shareInterval(0, 100)).toMatchObject({ low: 0 });
  });

  it("of a count are Garwood's", () => {
    expect(rateInterval(10, 100).low).toBeCloseTo(0.04795389, 6);
    expect(rateInterval(10, 100).high).toBeCloseTo(0.1839036, 6);
    expect(rateInterval(0, 1).high).toBeCloseTo(3.6889, 4);
  });

  it("miss a goal only when all of them lies beyond it", () => {
    const goal = { key: "k", what: "w", kind: "share", atLeast: 0.95 } as const;
    expect(judge(goal, [{ key: "k", hits: 46, runs: 50 }]).verdict).toBe("ok");
    expect(judge(goal, [{ key: "k", hits: 40, runs: 50 }]).verdict).toBe("short");
    expect(judge(goal, [{ key: "k", hits: 0, runs: 0 }]).verdict).toBe("short");
    expect(judge(goal, [{ key: "other", hits: 1, runs: 1 }]).verdict).toBe("not run");
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
  });
});

describe("NAB scorer", () => {
  const times = Array.from({ length: 40 }, (_, index) => `t${index}`);
  const file = (scores: readonly number[]) => ({ name: "f", times, scores, windows: [["t20", "t29"]] as const });
  const only = (...hits: readonly number[]) => file(times.map((_, index) => (hits.includes(index) ? 1 : 0)));

  it("gives 100 to a detection at a window's left edge and 0 to silence", () => {
    expect(scoreCorpus([only(20)]).score).toBeCloseTo(100, 9);
    expect(scoreCorpus([only()]).score).toBe(0);
  });

  it("gives less the later in the window, as the scaled sigmoid says", () => {
    // Position −.5 of a window of ten rows: (2/(1+e^−2.5) − 1)/(2/(1+e^−5) − 1) = .859793; null −1, perfect 1.
    expect(scoreCorpus([only(25)]).score).toBeCloseTo(100 * ((0.8597934 + 1) / 2), 4);
  });

  it("takes .11 for a false detection far away and nothing in probation", () => {
    expect(scoreCorpus([only(20, 10)]).score).toBeCloseTo(100 * ((1 - 0.11 + 1) / 2), 9);
    expect(scoreCorpus([only(20, 3)]).score).toBeCloseTo(100, 9);
  });

  it("chooses the threshold that suits the whole corpus", () => {
    const scores = times.map((_, index) => (index === 20 ? 0.9 : index === 10 ? 0.5 : 0));
    expect(scoreCorpus([file(scores)])).toMatchObject({ threshold: 0.9, found: 1, falseRows: 0 });
    expect(scoreCorpus([file(scores)], undefined, 0.5)).toMatchObject({ found: 1, falseRows: 1 });
  });
});
