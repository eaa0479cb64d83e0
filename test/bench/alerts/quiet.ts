// A month in which nothing happens: how often the alerter opens a quality incident all the same.
import { day } from "#core/time.ts";
import { type Job, seedOf } from "./job.ts";
import type { Goal, Sample } from "./measures.ts";
import { openings, play } from "./play.ts";
import { monday, type Tenant } from "./traffic.ts";

const days = 28;
/** Before the month that counts: the baseline learns its level and its scatter. */
const warmUp = 2;

/** Correlation at 5 and 50 trials a bin, and at 500, as the scatter of real rates has it: φ between 1.04 and 2. */
const levels = [
  { trials: 5, rho: 0.01 },
  { trials: 50, rho: 0.01 },
  { trials: 500, rho: 0.002 },
] as const;

const keyOf = (trials: number): string => `quiet ${trials}`;

export const quietGoals: readonly Goal[] = [
  ...levels.map(
    ({ trials }): Goal => ({
      key: keyOf(trials),
      what: `false alarms, quiet traffic, ${trials} trials a bin`,
      kind: "rate",
      atMost: 1,
      per: "a slice and 28 days",
    }),
  ),
  { key: "quiet 200", what: "false alarms, 200 slices at once", kind: "rate", atMost: 1, per: "a tenant and 28 days" },
];

/** Incidents of quality that opened once the month had begun. */
const falseAlarms = (tenants: readonly Tenant[], seed: number, length: number): number => {
  const from = monday;
  const counted = from + warmUp * day;
  const records = play({ tenants, from, to: counted + length * day, seed });
  return openings(records).filter(({ class: kind, opened_at }) => kind === "quality" && opened_at >= counted).length;
};

/** Alone in its tenant, a slice alarms at exactly T. */
const loneSlices = (count: number, { trials, rho }: (typeof levels)[number]): Tenant[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `alone-${index}`,
    cells: [{ slice: {}, trials, base: 0.05 }],
    rho,
  }));

/** 200 features with 3 to 100 trials a bin, evenly on the logarithm. */
const manySlices = (name: string): Tenant => ({
  name,
  cells: Array.from({ length: 200 }, (_, index) => ({
    slice: { feature: `f${index}` },
    trials: 3 * (100 / 3) ** (index / 199),
    base: 0.05,
  })),
  rho: 0.01,
});

export const quietJobs = (scale: number): readonly Job[] => [
  ...levels.map(
    (level): Job => ({
      name: keyOf(level.trials),
      parts: 2,
      run(part) {
        const count = Math.ceil(28 * scale);
        const seed = seedOf(keyOf(level.trials), part);
        const sample: Sample = {
          key: keyOf(level.trials),
          hits: falseAlarms(loneSlices(count, level), seed, days),
          runs: count,
        };
        return [sample];
      },
    }),
  ),
  {
    name: "quiet 200",
    parts: 4,
    run: (part) => [
      {
        key: "quiet 200",
        hits: falseAlarms([manySlices(`many-${part}`)], seedOf("quiet 200", part), days * scale),
        runs: scale,
      },
    ],
  },
];
