// What looks like worse quality and is not: each must be named as what it is, and nobody must be paged for quality.
import { day, type EventTime, hour } from "#core/time.ts";
import type { ChangeRecord } from "#schemas/generated/records.ts";
import { type Job, seedOf } from "./job.ts";
import type { Goal, Sample } from "./measures.ts";
import { changeOf, openings, play, rulesOf } from "./play.ts";
import { type Cell, monday, signal, type Tenant } from "./traffic.ts";

const warmUp = 3 * day;
const started = monday + warmUp + 10 * hour;
const ended = started + 4 * hour;

interface Lookalike {
  readonly key: string;
  readonly what: string;
  /** Class that the incident must have; null: nothing must open at all. */
  readonly kind: string | null;
  readonly tenant: (name: string) => Tenant;
  readonly changes?: (tenant: string) => readonly ChangeRecord[];
  readonly signals?: readonly string[];
}

const happens = (at: EventTime): boolean => at >= started && at < ended;
const cell = (slice: Cell["slice"], trials: number, base = 0.05, own: string = signal): Cell => ({
  slice,
  trials,
  base,
  signal: own,
});
const of = (...cells: Cell[]) => ({ cells, rho: 0.005 });

/** Segments with rates of 2 and 20 %: many more of the second come. */
const mixShift = (name: string): Tenant => ({
  name,
  ...of(
    ...["easy", "hard"].flatMap((segment) =>
      ["mobile", "desktop"].map((device) =>
        cell({ feature: "chat", segment, device }, 60, segment === "hard" ? 0.2 : 0.02),
      ),
    ),
  ),
  volume: ({ slice }, at) => (happens(at) ? (slice.segment === "hard" ? 3 : 0.25) : 1),
});

/** The control that counts trials dies for most users, and those who are left complain as before. */
const brokenControl = (name: string): Tenant => ({
  name,
  ...of(cell({ feature: "chat", device: "mobile" }, 200), cell({ feature: "chat", device: "desktop" }, 200)),
  kept: (at) => (happens(at) ? 0.15 : 1),
  rate: (_, at) => (happens(at) ? 3.5 : 1),
});

const otherSignal = "implicit:stop";

/** One build of the client sends what nobody did; a second signal of the same people stays as it was. */
const oneClient = (name: string): Tenant => ({
  name,
  ...of(
    ...[signal, otherSignal].flatMap((own) =>
      ["4.1", "4.2", "4.3"].map((version) => cell({ feature: "chat", app_version: version }, 80, 0.05, own)),
    ),
  ),
  rate: ({ slice, signal: own }, at) => (happens(at) && slice.app_version === "4.2" && own === signal ? 4 : 1),
});

const heavyUser = (name: string): Tenant => ({
  name,
  ...of(cell({ feature: "chat" }, 60), cell({ feature: "search" }, 60)),
  rate: ({ slice }, at) => (happens(at) && slice.feature === "chat" ? 4 : 1),
  heavyUser: ({ slice }, at) => (happens(at) && slice.feature === "chat" ? 0.75 : 0),
});

const doubledTraffic = (name: string): Tenant => ({
  name,
  ...of(cell({ feature: "chat" }, 100), cell({ feature: "search" }, 100)),
  volume: ({ slice }, at) => (happens(at) && slice.feature === "chat" ? 2 : 1),
});

/** The feature's own base is more than double its parent's, and the prompt moves from p1 to p2 without harm. */
const healthyVersion = (name: string): Tenant => ({
  name,
  ...of(
    cell({ feature: "chat", prompt_version: "p1" }, 60, 0.12),
    cell({ feature: "chat", prompt_version: "p2" }, 60, 0.12),
    cell({ feature: "search", prompt_version: "s7" }, 180, 0.03),
  ),
  volume: ({ slice: { prompt_version: version } }, at) =>
    version === "s7" ? 1 : (version === "p2") === at >= started ? 1 : 0,
});

const newPrompt = (tenant: string): ChangeRecord[] => [
  changeOf({ change_id: `${tenant}-p2`, ts: started, tenant, scope: "feature=chat", from: "p1", to: "p2" }),
];

const lookalikes: readonly Lookalike[] = [
  {
    key: "version",
    what: "a healthy new prompt version, base rate unlike its parent's",
    kind: null,
    tenant: healthyVersion,
    changes: newPrompt,
  },
  { key: "mix", what: "mix shift", kind: "mix", tenant: mixShift },
  { key: "data", what: "broken control", kind: "data", tenant: brokenControl },
  { key: "client", what: "one client version", kind: "client", tenant: oneClient, signals: [signal, otherSignal] },
  { key: "concentrated", what: "one heavy user", kind: "concentrated", tenant: heavyUser },
  { key: "doubled", what: "doubled traffic", kind: null, tenant: doubledTraffic },
];

export const lookalikeGoals: readonly Goal[] = lookalikes.flatMap(({ key, what, kind }): Goal[] => [
  { key: `${key} paged`, what: `${what}: quality incidents`, kind: "share", atMost: 0 },
  ...(kind === null
    ? []
    : [{ key: `${key} named`, what: `${what}: named \`${kind}\``, kind: "share", atLeast: 0.95 } as const]),
]);

const runLookalike = (one: Lookalike, runs: number, seed: number): Sample[] => {
  const names = Array.from({ length: runs }, (_, index) => `t${index}`);
  const records = play({
    tenants: names.map(one.tenant),
    changes: names.flatMap((name) => one.changes?.(name) ?? []),
    rules: rulesOf({ signals: one.signals ?? [signal] }),
    from: monday,
    to: ended,
    seed,
  });
  const opened = openings(records).filter(({ opened_at: at }) => at > started);
  const withClass = (kind: string): number =>
    names.filter((name) => opened.some(({ tenant, class: own }) => tenant === name && own === kind)).length;
  return [
    { key: `${one.key} paged`, hits: withClass("quality"), runs },
    ...(one.kind === null ? [] : [{ key: `${one.key} named`, hits: withClass(one.kind), runs }]),
  ];
};

export const lookalikeJobs = (scale: number): readonly Job[] =>
  lookalikes.map(
    (one): Job => ({
      name: one.key,
      parts: 2,
      run: (part) => runLookalike(one, Math.ceil(25 * scale), seedOf(one.key, part)),
    }),
  );
