// A rise of half for five days in one segment: too slow for any two hours, found day by day.

import { day, type EventTime } from "#core/time.ts";
import { createRandom } from "#infra/dev/random.ts";
import { type Job, seedOf } from "./job.ts";
import type { Goal } from "./measures.ts";
import { play } from "./play.ts";
import { createSampler } from "./sampling.ts";
import { bin, type Cell, monday, type Tenant } from "./traffic.ts";

const quietDays = 21;
const started = monday + quietDays * day;
const ended = started + 5 * day;
/** Relative deviation from day to day of a segment's rate: with what 12,000 trials scatter of themselves (4.8 %) ten per cent. */
const dayNoise = 0.088;
const segments = ["free", "team", "pro", "enterprise"] as const;

export const slowBurnGoals: readonly Goal[] = [
  {
    key: "slow burn",
    what: "×1.5 for five days in one segment, 500/h: found as sustained",
    kind: "share",
    atLeast: 0.9,
  },
  { key: "slow burn quiet", what: "sustained in the other segments", kind: "share", atMost: 0.05 },
];

const tenantOf = (name: string, seed: number): Tenant => {
  const { normal } = createSampler(createRandom(seed));
  const noise = new Map(
    segments.map((segment) => [segment as string, Array.from({ length: 30 }, () => 1 + dayNoise * normal())]),
  );
  const factor = ({ slice }: Cell, at: EventTime): number =>
    noise.get(slice.segment ?? "")?.[Math.floor((at - monday) / day)] ?? 1;
  return {
    name,
    rho: 0.01,
    cells: segments.map((segment) => ({ slice: { segment }, trials: (500 * bin) / (12 * bin), base: 0.05 })),
    rate: (cell, at) => factor(cell, at) * (cell.slice.segment === "team" && at >= started ? 1.5 : 1),
  };
};

export const slowBurnJobs = (scale: number): readonly Job[] => [
  {
    name: "slow burn",
    parts: 4,
    run(part) {
      const runs = Math.ceil(12 * scale);
      const seed = seedOf("slow burn", part);
      const names = Array.from({ length: runs }, (_, index) => `t${index}`);
      const records = play({
        tenants: names.map((name, index) => tenantOf(name, seed + index)),
        from: monday,
        to: ended + bin,
        seed,
      });
      const sustained = records.filter(({ markers }) =>
        (JSON.parse(markers ?? "[]") as string[]).includes("sustained"),
      );
      const found = (isRight: (slice: string) => boolean): number =>
        names.filter((name) =>
          sustained.some(({ tenant, slice, ts }) => tenant === name && ts > started && isRight(slice)),
        ).length;
      return [
        { key: "slow burn", hits: found((slice) => slice === "segment=team"), runs },
        { key: "slow burn quiet", hits: found((slice) => /free|pro|enterprise/.test(slice)), runs },
      ];
    },
  },
];
