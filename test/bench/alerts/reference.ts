// The reference case: a prompt change takes one feature from 5 % to 18 %, at once or in two hours; then it is rolled back.
import { day, type EventTime, hour, minute } from "#core/time.ts";
import type { ChangeRecord, IncidentRecord } from "#schemas/generated/records.ts";
import { type Job, seedOf } from "./job.ts";
import type { Goal, Sample } from "./measures.ts";
import { changeOf, openings, play } from "./play.ts";
import { bin, type Cell, monday, type Tenant } from "./traffic.ts";

const warmUp = 2 * day;
const [base, high] = [0.05, 0.18];
/** The deploy, and the begin of the rise half an hour later. */
const deployed = monday + warmUp + 10 * hour;
const onset = deployed + 30 * minute;
const rampLength = 2 * hour;
const rolledBack = onset + 4 * hour;
const ended = rolledBack + 2 * hour;
/** A ramp from 5 to 18 % passes 10 % after 46 minutes. */
const passesTen = onset + ((0.1 - base) / (high - base)) * rampLength;

type Shape = "step" | "ramp";

interface Load {
  readonly perHour: number;
  readonly rho: number;
  readonly runs: number;
  /** Minutes from onset to page, median and ninth decile; and the share of ramps paged within 30 minutes of passing 10 %. */
  readonly step: readonly [median: number, ninetieth: number];
  readonly ramp: readonly [median: number, ninetieth: number];
  readonly inTime: number;
}

/** What was measured for this detector with a change announced: the goals. */
const loads: readonly Load[] = [
  { perHour: 100, rho: 0.01, runs: 100, step: [50, 130], ramp: [115, 175], inTime: 0.09 },
  { perHour: 300, rho: 0.01, runs: 100, step: [25, 60], ramp: [95, 130], inTime: 0.27 },
  { perHour: 600, rho: 0.01, runs: 100, step: [15, 40], ramp: [80, 115], inTime: 0.44 },
  { perHour: 1_200, rho: 0.01, runs: 100, step: [10, 30], ramp: [70, 100], inTime: 0.63 },
  { perHour: 6_000, rho: 0.002, runs: 100, step: [5, 10], ramp: [50, 70], inTime: 0.97 },
];

const shapes: readonly Shape[] = ["step", "ramp"];
const keyOf = (shape: Shape, perHour: number): string => `${shape} ${perHour}`;

/** Where the contract asks for the recovery. */
const recoveries = [
  { perHour: 600, atLeast: 0.8 },
  { perHour: 6_000, atLeast: 0.97 },
] as const;

export const referenceGoals: readonly Goal[] = [
  ...loads.flatMap((load): Goal[] =>
    shapes.map((shape): Goal => {
      const [median, ninetieth] = load[shape];
      const key = keyOf(shape, load.perHour);
      return {
        key,
        what: `5 → 18 % ${shape}, ${load.perHour}/h: delay, median / 90 %`,
        kind: "delay",
        median,
        ninetieth,
      };
    }),
  ),
  ...loads.map(
    ({ perHour, inTime }): Goal => ({
      key: `${keyOf("ramp", perHour)} in time`,
      what: `ramp, ${perHour}/h: paged within 30 min of 10 %`,
      kind: "share",
      atLeast: inTime,
    }),
  ),
  { key: "ramp 6000 promise", what: "ramp, 6000/h: paged within 20 min of 10 %", kind: "share", atLeast: 0.9 },
  { key: "change first", what: "5 → 18 %: the change ranked first, of those found", kind: "share", atLeast: 0.95 },
  {
    key: "right slice",
    what: "5 → 18 %, 6000/h: root slice is the feature or its version, of those found",
    kind: "share",
    atLeast: 0.9,
  },
  ...recoveries.map(
    ({ perHour, atLeast }): Goal => ({
      key: `recovery ${perHour}`,
      what: `18 → 6 % at rollback, ${perHour}/h: resolved within 60 min`,
      kind: "share",
      atLeast,
    }),
  ),
];

const rateAt = (shape: Shape, at: EventTime): number => {
  if (at < onset) return base;
  if (at >= rolledBack) return 0.06;
  if (shape === "step") return high;
  // A bin has the rate of its middle.
  return Math.min(high, base + ((high - base) * (at + bin / 2 - onset)) / rampLength);
};

const isNew = ({ slice }: Cell): boolean => slice.prompt_version === "p12";

/** Two features of equal traffic in two segments; before the deploy `billing` runs prompt p11, then p12. */
const tenantOf = (name: string, shape: Shape, { perHour, rho }: Load): Tenant => {
  const cells = ["billing", "search"].flatMap((feature) =>
    ["p11", "p12"].flatMap((version) =>
      ["free", "team"].map(
        (segment): Cell => ({
          slice: { feature, segment, prompt_version: version },
          trials: (perHour * bin) / hour / 2,
          base,
        }),
      ),
    ),
  );
  return {
    name,
    cells,
    rho,
    cycle: false,
    volume: (cell, at) => {
      const running = cell.slice.feature === "billing" && at >= deployed && at < rolledBack;
      return isNew(cell) === running ? 1 : 0;
    },
    rate: (cell, at) => (cell.slice.feature === "billing" ? rateAt(shape, at) / base : 1),
  };
};

/** The culprit, two that happened nearby, and the rollback. */
const changesOf = (tenant: string): ChangeRecord[] => [
  changeOf({ change_id: `${tenant}-model`, ts: onset - 2 * hour, tenant, kind: "model", scope: "feature=search" }),
  changeOf({ change_id: `${tenant}-prompt`, ts: deployed, tenant, scope: "feature=billing", from: "p11", to: "p12" }),
  changeOf({ change_id: `${tenant}-deploy`, ts: onset - 10 * minute, tenant, kind: "deploy", scope: "feature=search" }),
  changeOf({
    change_id: `${tenant}-rollback`,
    ts: rolledBack,
    tenant,
    kind: "rollback",
    scope: "feature=billing",
    from: "p12",
    to: "p11",
    reverts: `${tenant}-prompt`,
  }),
];

const firstChange = ({ changes }: IncidentRecord): string | undefined =>
  (JSON.parse(changes ?? "[]") as { change_id?: string; id?: string }[]).map((one) => one.change_id ?? one.id)[0];

const share = (key: string, hits: number, runs: number): Sample => ({ key, hits, runs });

const runReference = (shape: Shape, load: Load, runs: number, seed: number): Sample[] => {
  const { perHour } = load;
  const names = Array.from({ length: runs }, (_, index) => `t${index}`);
  const records = play({
    tenants: names.map((name) => tenantOf(name, shape, load)),
    changes: names.flatMap(changesOf),
    from: monday,
    to: ended,
    seed,
  });
  const found = names.flatMap((name) => {
    const own = records.filter(({ tenant }) => tenant === name);
    const opened = openings(own).find(
      ({ class: kind, opened_at: at, slice }) =>
        kind === "quality" && at > onset && at <= rolledBack && !slice.includes("search"),
    );
    if (opened === undefined) return [];
    const resolved = own.find(
      ({ incident_id: id, state, ts }) => id === opened.incident_id && state === "resolved" && ts > rolledBack,
    );
    return [{ name, opened, resolved }];
  });
  const delays = found.map(({ opened }) => (opened.opened_at - onset) / minute);
  const key = keyOf(shape, perHour);
  const pagedBy = (limit: EventTime): number => found.filter(({ opened }) => opened.opened_at <= limit).length;
  const closed = found.filter(({ resolved }) => resolved !== undefined && resolved.ts <= rolledBack + hour).length;
  const right = found.filter(({ opened }) =>
    /^feature=billing(,prompt_version=p12)?$|^prompt_version=p12$/.test(opened.slice),
  );
  return [
    { key, values: delays },
    share(`${key} found`, found.length, runs),
    share(
      "change first",
      found.filter(({ name, opened }) => firstChange(opened) === `${name}-prompt`).length,
      found.length,
    ),
    ...(perHour === 6_000 ? [share("right slice", right.length, found.length)] : []),
    // A ramp's rate at rollback is the same 18 %.
    share(`recovery ${perHour}`, closed, found.length),
    ...(shape === "ramp"
      ? [
          share(`${key} in time`, pagedBy(passesTen + 30 * minute), runs),
          share(`${key} promise`, pagedBy(passesTen + 20 * minute), runs),
        ]
      : []),
  ];
};

export const referenceJobs = (scale: number): readonly Job[] =>
  shapes.flatMap((shape) =>
    loads.map(
      (load): Job => ({
        name: keyOf(shape, load.perHour),
        parts: 2,
        run: (part) =>
          runReference(shape, load, Math.ceil((load.runs * scale) / 2), seedOf(keyOf(shape, load.perHour), part)),
      }),
    ),
  );
