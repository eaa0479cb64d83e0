// Which slice is it: single values and pairs are planted among 48 cells, and the incident must name exactly them.

import { day, type EventTime, hour } from "#core/time.ts";
import { createRandom } from "#infra/dev/random.ts";
import { type Job, seedOf } from "./job.ts";
import type { Goal, Sample } from "./measures.ts";
import { openings, play } from "./play.ts";
import { type Cell, monday, type Tenant } from "./traffic.ts";

const warmUp = 2 * day;
const started = monday + warmUp + 10 * hour;
const ended = started + 3 * hour;
const base = 0.05;
/** Evidence from which a slice must be named exactly, in nats. */
const enough = 15;

const dimensions = {
  feature: ["billing", "search", "chat", "docs"],
  segment: ["new", "regular", "power"],
  device: ["mobile", "desktop"],
  tier: ["free", "paid"],
} as const;

type Dimension = keyof typeof dimensions;
type Slice = Readonly<Partial<Record<Dimension, string>>>;

const cellsOf = (trials: number): Cell[] =>
  dimensions.feature.flatMap((feature) =>
    dimensions.segment.flatMap((segment) =>
      dimensions.device.flatMap((device) =>
        dimensions.tier.map((tier): Cell => ({ slice: { feature, segment, device, tier }, trials, base })),
      ),
    ),
  );

const nameOf = (slice: Slice): string =>
  Object.entries(slice)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([dimension, value]) => `${dimension}=${value}`)
    .join(",");

const holds = (slice: Slice, one: Readonly<Record<Dimension, string | null>> | Slice): boolean =>
  Object.entries(slice).every(([dimension, value]) => one[dimension as Dimension] === value);

/** What a planted slice has shown since the rise began. */
interface Evidence {
  readonly slice: Slice;
  /** Per bin from the rise on: fired and expected. */
  readonly bins: { readonly at: EventTime; readonly x: number; readonly expected: number }[];
}

/** X ln(X/E) − (X − E) up to a time. */
const natsUntil = ({ bins }: Evidence, until: EventTime): number => {
  let [x, expected] = [0, 0];
  for (const bin of bins) {
    if (bin.at >= until) continue;
    x += bin.x;
    expected += bin.expected;
  }
  return x > expected ? x * Math.log(x / expected) - (x - expected) : 0;
};

/** A rise so strong that its own evidence within an hour is beyond what is asked. */
const plans = [
  { key: "place single", what: "planted single value named exactly, from 15 nats", dims: 1, trials: 8, ratio: 3 },
  { key: "place pair", what: "planted pair named exactly, from 15 nats", dims: 2, trials: 12, ratio: 4 },
] as const;

export const placeGoals: readonly Goal[] = plans.map(
  ({ key, what }): Goal => ({ key, what, kind: "share", atLeast: 0.9 }),
);

const runPlaces = ({ key, dims, trials, ratio }: (typeof plans)[number], runs: number, seed: number): Sample[] => {
  const random = createRandom(seed);
  const planted = Array.from({ length: runs }, (_, index) => {
    // A pair has the feature and one other dimension, or two others.
    const names = Object.keys(dimensions) as Dimension[];
    const chosen = names.toSorted(() => random.unit() - 0.5).slice(0, dims);
    const slice: Slice = Object.fromEntries(chosen.map((name) => [name, random.pick<string>(dimensions[name])]));
    return { name: `t${index}`, slice };
  });
  const tenants = planted.map(
    ({ name, slice }): Tenant => ({
      name,
      cells: cellsOf(trials),
      rho: 0.01,
      cycle: false,
      rate: (cell, at) => (at >= started && holds(slice, cell.slice) ? ratio : 1),
    }),
  );
  const evidence = new Map(planted.map(({ name, slice }): [string, Evidence] => [name, { slice, bins: [] }]));
  const records = play({
    tenants,
    from: monday,
    to: ended,
    seed,
    hear: ({ tenant, minute: at, feature, segment, device, tier, trials: n, fired: x }) => {
      const own = evidence.get(tenant);
      if (own === undefined || at < started || !holds(own.slice, { feature, segment, device, tier })) return;
      own.bins.push({ at, x, expected: n * base });
    },
  });
  let [hits, judged] = [0, 0];
  for (const [name, own] of evidence) {
    const opened = openings(records).find(
      ({ tenant, class: kind, opened_at: at }) => tenant === name && kind === "quality" && at > started,
    );
    if (opened === undefined || natsUntil(own, opened.opened_at) < enough) continue;
    judged += 1;
    if (opened.slice === nameOf(own.slice)) hits += 1;
  }
  return [{ key, hits, runs: judged }];
};

export const placeJobs = (scale: number): readonly Job[] =>
  plans.map(
    (plan): Job => ({
      name: plan.key,
      parts: 4,
      run: (part) => runPlaces(plan, Math.ceil(8 * scale), seedOf(plan.key, part)),
    }),
  );
