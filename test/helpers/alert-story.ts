// Stories of alerting: traffic with rates that move, changes and acts of people at clock times, and the incidents that come of it.
import { createAlertFold, defaultAlertSettings } from "#core/alerts/alert-fold.ts";
import type { Act, AlertFold, Control, Postmortem } from "#core/alerts/alert-port.ts";
import type { Notification } from "#core/alerts/notify.ts";
import { defaultRules, type RuleSet } from "#core/alerts/rules.ts";
import { day, hour, minute } from "#core/time.ts";
import type { ChangeRecord, IncidentRecord, TallyRecord } from "#schemas/generated/records.ts";

/** 2026-03-01T00:00:00Z; a day of history comes before the day that is told, clock times are of that day. */
const midnight = 1_772_409_600_000;
export const historyStart = midnight - day;

/** Epoch ms of `10:30`; hours from 24 on are the days after. */
export const clock = (time: string): number => {
  const [hours = "0", minutes = "0"] = time.split(":");
  return midnight + Number(hours) * hour + Number(minutes) * minute;
};

/** `10:35` of the day told; later days go on counting. */
export const clockOf = (at: number): string => {
  const minutes = Math.floor((at - midnight) / minute);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
};

/** A number that holds, or one that moves in straight lines between clock times; two at one time are a jump. */
export type Course = number | readonly (readonly [time: string, value: number])[];

const valueAt = (course: Course, at: number): number => {
  if (typeof course === "number") return course;
  let [fromAt, from] = [Number.NEGATIVE_INFINITY, course[0]?.[1] ?? 0];
  for (const [time, to] of course) {
    const toAt = clock(time);
    if (at < toAt) return Number.isFinite(fromAt) ? from + ((to - from) * (at - fromAt)) / (toAt - fromAt) : from;
    [fromAt, from] = [toAt, to];
  }
  return from;
};

type Cell = Partial<
  Pick<
    TallyRecord,
    "feature" | "segment" | "tier" | "device" | "locale" | "app_version" | "prompt_version" | "model" | "release"
  >
>;

/** One stream of trials. */
export interface Flow {
  readonly cell: Cell;
  readonly perHour: Course;
  readonly rate: Course;
  readonly signal?: string;
  /** Distinct users, default 400; trials choose among them at random. */
  readonly users?: number;
  /** Other values of the cell from a clock time on. */
  readonly from?: readonly (readonly [time: string, cell: Cell])[];
}

export type Entry = (log: StoryLog) => readonly [at: number, record: TallyRecord];

interface StoryLog {
  /** The id of the incident that opened last. */
  readonly newestIncident: () => string;
}

const blank: TallyRecord = {
  tenant: "acme",
  signal_type: "explicit:negative",
  detector_version: "1",
  config_hash: "cafe",
  minute: 0,
  source_partition: 0,
  trials: 0,
  fired: 0,
  stamp: 0,
  feature: null,
  segment: null,
  tier: null,
  device: null,
  locale: null,
  app_version: null,
  utc_offset_min: null,
  prompt_name: null,
  prompt_version: null,
  model: null,
  model_version: null,
  release: null,
  users: null,
  detector_id: "answers",
  examples: null,
  shadow: null,
  source_partitions: null,
  incarnation: null,
  watermark: null,
  volumes: null,
  control: null,
};

const controlRecord = (at: number, control: Control): TallyRecord => ({
  ...blank,
  tenant: control.kind === "change" ? control.change.tenant : "acme",
  signal_type: "~control",
  minute: Math.floor(at / minute) * minute,
  control: JSON.stringify(control),
});

/** A change at a clock time, told when it happens. */
export const change =
  (time: string, id: string, about: Partial<ChangeRecord> = {}): Entry =>
  () => {
    const record: ChangeRecord = {
      change_id: id,
      ts: clock(time),
      tenant: "acme",
      kind: "prompt",
      scope: "*",
      from: null,
      to: null,
      reverts: null,
      rollback_ref: null,
      owner: null,
      url: null,
      ...about,
    };
    return [clock(time), controlRecord(clock(time), { kind: "change", id, change: record })];
  };

/** What a person does to the incident that opened last. */
export const act =
  (time: string, action: Act["action"], about: Partial<Act> & { readonly id?: string } = {}): Entry =>
  ({ newestIncident }) => {
    const { id = `${action}-${time}`, ...more } = about;
    const done: Act = {
      incidentId: newestIncident(),
      action,
      actor: "ada",
      at: clock(time),
      reason: null,
      until: null,
      postmortem: null,
      ...more,
    };
    return [clock(time), controlRecord(clock(time), { kind: "act", id, act: done })];
  };

export const rules =
  (time: string, set: RuleSet): Entry =>
  () => [clock(time), controlRecord(clock(time), { kind: "rules", id: set.version, rules: set })];

export const postmortem = (about: Partial<Postmortem> = {}): Postmortem => ({
  cause: "prompt",
  verdict: "confirmed",
  blast_radius: null,
  eval_cases: ["billing-refund-7"],
  no_eval_case_reason: null,
  eval_delta: null,
  follow_ups: [],
  apparatus_updates: [],
  reported_at: null,
  ...about,
});

/** 32 bits that depend on the seed alone (mulberry32). */
const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Sketch of users and their harmful trials, as the detector writes it. */
const sketch = (harm: ReadonlyMap<number, number>): Uint8Array | null => {
  if (harm.size === 0) return null;
  // A multiplicative hash spreads user numbers over 64 bits.
  const entries = [...harm]
    .map(([user, count]) => ({ hash: (BigInt(user + 1) * 0x9e3779b97f4a7c15n) & 0xffff_ffff_ffff_ffffn, count }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .slice(0, 16);
  const bytes = Buffer.alloc(10 * entries.length);
  for (const [index, { hash, count }] of entries.entries()) {
    bytes.writeBigUInt64BE(hash, 10 * index);
    bytes.writeUInt16BE(count, 10 * index + 8);
  }
  return bytes;
};

export interface Story {
  readonly seed?: number;
  readonly flows: readonly Flow[];
  readonly entries?: readonly Entry[];
  /** Clock time at which the story ends. */
  readonly until: string;
  readonly rules?: RuleSet;
  /** No progress between these clock times, ticks go on. */
  readonly stalled?: readonly [from: string, to: string];
  /** Days of history before the day told, default 1. */
  readonly history?: number;
}

/** One line of the log. */
export interface LogLine {
  readonly record: TallyRecord;
  readonly at: number;
}

const harmed = (signal: string, fired: boolean): boolean => (signal === "implicit:copy" ? !fired : fired);

/** The tallies of one minute of a flow. */
const tallyOf = (flow: Flow, number: number, start: number, random: () => number): TallyRecord | undefined => {
  const { signal = "explicit:negative", users = 400, rate, perHour, cell, from = [] } = flow;
  const wanted = valueAt(perHour, start) / 60;
  const trials = Math.floor(wanted) + (random() < wanted % 1 ? 1 : 0);
  if (trials === 0) return undefined;
  const p = valueAt(rate, start);
  const harm = new Map<number, number>();
  let fired = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const user = number * 1_000_000 + Math.floor(random() * users);
    const hit = random() < p;
    if (hit) fired += 1;
    if (harmed(signal, hit)) harm.set(user, (harm.get(user) ?? 0) + 1);
  }
  const now: Cell = Object.assign(
    { ...cell },
    ...from.filter(([time]) => clock(time) <= start).map(([, next]) => next),
  );
  return {
    ...blank,
    ...now,
    signal_type: signal,
    minute: start,
    // Two flows may share a cell: their tallies add up like those of two input partitions.
    source_partition: number,
    trials,
    fired,
    stamp: start / minute,
    users: sketch(harm),
    examples: harm.size > 0 ? JSON.stringify([`r-${number}-${start / minute}`]) : null,
  };
};

const volumesOf = (records: readonly TallyRecord[]): string => {
  const volumes: Record<string, number> = {};
  for (const { feature, trials } of records) volumes[feature ?? ""] = (volumes[feature ?? ""] ?? 0) + trials;
  return JSON.stringify({ acme: volumes });
};

const progress = (at: number, volumes: string): TallyRecord => ({
  ...blank,
  tenant: "~",
  signal_type: "~progress",
  minute: at - minute,
  source_partitions: 1,
  incarnation: 1,
  watermark: at,
  volumes,
  stamp: at / minute,
});

/** The records of a story, minute by minute: tallies, entries, progress, tick. */
export function* logOf(story: Story, log: StoryLog): Generator<LogLine> {
  const { seed = 1, flows, until, stalled, history = 1 } = story;
  const random = createRandom(seed);
  const entries = [...(story.entries ?? [])];
  const isStalled = (at: number): boolean => stalled !== undefined && at > clock(stalled[0]) && at <= clock(stalled[1]);
  let held: TallyRecord[] = [];
  for (let start = midnight - history * day; start < clock(until); start += minute) {
    const end = start + minute;
    for (;;) {
      const [first] = entries;
      const told = first?.(log);
      if (told === undefined || told[0] > start) break;
      entries.shift();
      yield { record: told[1], at: start };
    }
    held.push(...flows.flatMap((flow, number) => tallyOf(flow, number, start, random) ?? []));
    if (!isStalled(end)) {
      for (const record of held) yield { record, at: end };
      yield { record: progress(end, volumesOf(held)), at: end };
      held = [];
    }
    yield { record: { ...blank, tenant: "~", signal_type: "~tick" }, at: end };
  }
}

export interface Told {
  readonly records: readonly IncidentRecord[];
  /** `10:35 opened SEV2 quality feature=billing`, in order. */
  readonly lines: readonly string[];
  /** Everything that was told to people, in order. */
  readonly notifications: readonly Notification[];
  readonly fold: AlertFold;
}

export const notificationsOf = ({ notify }: IncidentRecord): readonly Notification[] =>
  JSON.parse(notify ?? "[]") as Notification[];

/** A transition in a line: when, state, severity, class, signal without its kind, slice, and what was told. */
const lineOf = (record: IncidentRecord): string => {
  const told = notificationsOf(record).filter(({ at, data }) => at === record.ts && data.state === record.state);
  const kind = told.at(-1)?.kind;
  const parts = [clockOf(record.ts), record.state, record.severity, record.class, record.slice];
  return `${parts.join(" ")}${kind === undefined ? "" : ` (${kind})`}`;
};

/** What came of a list of records. */
export const summarise = (records: readonly IncidentRecord[], fold: AlertFold): Told => {
  const seen = new Set<string>();
  const notifications = records.flatMap(notificationsOf).filter(({ id }) => !seen.has(id) && seen.add(id));
  return { records, lines: records.map(lineOf), notifications, fold };
};

/** Tells a story to its end. */
export const tellAlerts = (story: Story): Told => {
  const fold = createAlertFold({ partition: 0, rules: story.rules ?? defaultRules, settings: storySettings });
  const records: IncidentRecord[] = [];
  const log: StoryLog = { newestIncident: () => records.findLast(({ rev }) => rev === 1)?.incident_id ?? "" };
  let offset = 0;
  for (const { record, at } of logOf(story, log)) {
    fold.add(record, offset, at);
    offset += 1;
    records.push(...fold.drain());
  }
  return summarise(records, fold);
};

export const storySettings = {
  ...defaultAlertSettings,
  incidentUrl: "https://alerts.example/incidents/",
  queryUrl: "https://clickhouse.example/play",
};
