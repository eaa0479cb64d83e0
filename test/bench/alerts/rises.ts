// Rises that must be found at T, one that must not, and the ratio that the alerter itself says it can see.
import { smallestVisibleRatio } from "#core/alerts/detectable.ts";
import { day, type EventTime, hour, minute } from "#core/time.ts";
import { createRandom } from "#infra/dev/random.ts";
import { type Job, seedOf } from "./job.ts";
import type { Goal, Sample } from "./measures.ts";
import { openings, play } from "./play.ts";
import { bin, monday, type Tenant } from "./traffic.ts";

const warmUp = 3 * day;
const length = 2 * hour;

interface Rise {
  readonly key: string;
  readonly what: string;
  readonly trials: number;
  readonly rho: number;
  readonly ratio: number;
  readonly runs: number;
  readonly steady?: boolean;
  readonly base?: number;
}

const found: readonly (Rise & { readonly atLeast: number; readonly median?: number })[] = [
  {
    key: "x2 at 500",
    what: "×2 for two hours, 500 trials a bin",
    trials: 500,
    rho: 0.002,
    ratio: 2,
    runs: 200,
    atLeast: 0.95,
  },
  {
    key: "x2 at 50",
    what: "×2 for two hours, 50 trials a bin",
    trials: 50,
    rho: 0.01,
    ratio: 2,
    runs: 300,
    atLeast: 0.5,
  },
  {
    key: "x3 at 50",
    what: "×3 for two hours, 50 trials a bin",
    trials: 50,
    rho: 0.01,
    ratio: 3,
    runs: 200,
    atLeast: 0.9,
    median: 30,
  },
];

/** At 500 trials a bin the rise of a fifth is seen best, so that is where it must stay silent. */
const slight: readonly Rise[] = [50, 500].map((trials) => ({
  key: `5 to 6 at ${trials}`,
  what: `5 → 6 % for two hours, ${trials} trials a bin`,
  trials,
  rho: trials === 500 ? 0.002 : 0.01,
  ratio: 1.2,
  runs: 200,
}));

/** Slices whose own smallest visible ratio is planted, in steady traffic. */
const visible: readonly { readonly trials: number; readonly rho: number; readonly base: number }[] = [
  { trials: 25, rho: 0.01, base: 0.05 },
  { trials: 100, rho: 0.01, base: 0.05 },
  { trials: 100, rho: 0.01, base: 0.2 },
  { trials: 500, rho: 0.002, base: 0.05 },
];

/** At T, with what the slice expects in two hours. */
const visibleRatio = ({ trials, rho, base }: (typeof visible)[number]): number =>
  smallestVisibleRatio({
    baseline: base,
    phi: 1 + (trials - 1) * rho,
    trials: (trials * length) / bin,
    threshold: 8_064,
    direction: "rise",
  }) ?? Number.NaN;

const visibleKey = ({ trials, base }: (typeof visible)[number]): string => `visible ${trials} ${base}`;

export const riseGoals: readonly Goal[] = [
  ...found.flatMap(({ key, what, atLeast, median }): Goal[] => [
    { key, what: `${what}: found`, kind: "share", atLeast },
    ...(median === undefined ? [] : [{ key: `${key} delay`, what: `${what}: delay`, kind: "delay", median } as const]),
  ]),
  ...slight.map(({ key, what }): Goal => ({ key, what: `${what}: paged`, kind: "share", atMost: 0.01 })),
  ...visible.map(
    (slice): Goal => ({
      key: visibleKey(slice),
      what: `smallest visible ratio (×${visibleRatio(slice).toFixed(2)} at ${100 * slice.base} %, ${slice.trials} a bin): found`,
      kind: "share",
      atLeast: 0.85,
    }),
  ),
];

/** Each run is a tenant of its own with one slice, which rises at its own time of the fourth day. */
const runRises = ({ key, trials, rho, ratio, runs, steady = false, base = 0.05 }: Rise, seed: number): Sample[] => {
  const random = createRandom(seed);
  const starts = Array.from({ length: runs }, () => monday + warmUp + random.below(288) * bin);
  const tenants = starts.map(
    (start, index): Tenant => ({
      name: `t${index}`,
      cells: [{ slice: {}, trials, base }],
      rho,
      cycle: !steady,
      ...(steady ? { drift: 0 } : {}),
      rate: (_, at) => (at >= start && at < start + length ? ratio : 1),
    }),
  );
  const records = play({ tenants, from: monday, to: monday + warmUp + day + length, seed });
  const delays = starts.flatMap((start, index) => {
    const opened = openings(records)
      .filter(({ tenant, class: kind }) => tenant === `t${index}` && kind === "quality")
      .map(({ opened_at: at }): EventTime => at)
      .find((at) => at > start && at <= start + length);
    return opened === undefined ? [] : [(opened - start) / minute];
  });
  return [
    { key, hits: delays.length, runs },
    { key: `${key} delay`, values: delays },
  ];
};

export const riseJobs = (scale: number): readonly Job[] => {
  const rises: readonly Rise[] = [
    ...found,
    ...slight,
    ...visible.map((slice) => ({
      ...slice,
      key: visibleKey(slice),
      what: "",
      ratio: visibleRatio(slice),
      runs: 100,
      steady: true,
    })),
  ];
  return rises.map((rise) => ({
    name: rise.key,
    parts: 2,
    run: (part) => runRises({ ...rise, runs: Math.ceil((rise.runs * scale) / 2) }, seedOf(rise.key, part)),
  }));
};
