// Tallies: trials and fired per minute, signal and cell; absolute, so that writing one again is harmless.
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { Context, Provenance } from "./context.ts";
import type { Trial } from "./detector.ts";
import type { Source } from "./engine-port.ts";
import { murmur2 } from "./partition.ts";
import { type RateType, signalKinds } from "./signals.ts";
import { createSketcher } from "./sketch.ts";
import { type EventTime, type Millis, minute, minuteOf } from "./time.ts";

/** Who says it: goes into each signal and tally. */
export interface Identity {
  readonly detectorId: string;
  readonly detectorVersion: string;
  readonly configHash: string;
}

/** The trials of one signal in one cell and minute. Counts per user and example, so that a trial can be taken back. */
interface Count {
  readonly type: RateType;
  trials: number;
  fired: number;
  readonly harmed: Map<string, number>;
  readonly examples: Map<string, number>;
  changed: boolean;
}

/** One cell in one minute. */
interface Cell {
  readonly tenant: string;
  readonly context: Context;
  /** Null: the response was not seen. */
  readonly provenance: Provenance | null;
  readonly counts: Map<RateType, Count>;
}

export interface TallyOptions {
  readonly identities: ReadonlyMap<string, Identity>;
  readonly source: Source;
  readonly hashKey: string;
  readonly grace: Millis;
  readonly shadow: boolean;
}

export interface Tallies {
  /** `session` stands for a user who is not named. */
  add(tenant: string, session: string, trial: Trial): void;
  remove(tenant: string, session: string, trial: Trial): void;
  /** What changed since the last time, in (minute, key) order; minutes that nothing can change any more are forgotten. */
  flush(watermark: EventTime, stamp: number): TallyRecord[];
}

const harms = new Map<RateType, "fired" | "unfired" | null>(signalKinds.map(({ type, harm }) => [type, harm]));

const isHarmful = ({ type, fired }: Trial): boolean => {
  const harm = harms.get(type) ?? null;
  return harm !== null && fired === (harm === "fired");
};

const count = (counts: Map<string, number>, key: string, by: number): void => {
  const after = (counts.get(key) ?? 0) + by;
  if (after === 0) counts.delete(key);
  else counts.set(key, after);
};

const maxExamples = 2;

/** The responses with the smallest hashes: the same ones whatever the order in which they came. */
const exampleIds = (examples: ReadonlyMap<string, number>): string | null => {
  if (examples.size === 0) return null;
  const hashed = [...examples.keys()].map((id) => ({ id, hash: murmur2(id) >>> 0 }));
  const sorted = hashed.toSorted((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1));
  return JSON.stringify(sorted.slice(0, maxExamples).map(({ id }) => id));
};

/** The slice of a response that was not seen. */
const unknown = "unknown";

export const createTallies = ({ identities, source, hashKey, grace, shadow }: TallyOptions): Tallies => {
  const minutes = new Map<EventTime, Map<string, Cell>>();
  const sketch = createSketcher(hashKey);

  const cellOf = (tenant: string, trial: Trial): Cell => {
    const start = minuteOf(trial.endsAt);
    let cells = minutes.get(start);
    if (cells === undefined) minutes.set(start, (cells = new Map()));
    const { context } = trial.from;
    const provenance = trial.response?.answered?.provenance ?? null;
    const key = `${tenant.length}:${tenant}${context.key}|${provenance?.key ?? unknown}`;
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = { tenant, context, provenance, counts: new Map() }));
    return cell;
  };

  const change = (tenant: string, session: string, trial: Trial, by: 1 | -1): void => {
    const { counts } = cellOf(tenant, trial);
    let own = counts.get(trial.type);
    if (own === undefined) {
      own = { type: trial.type, trials: 0, fired: 0, harmed: new Map(), examples: new Map(), changed: false };
      counts.set(trial.type, own);
    }
    own.changed = true;
    own.trials += by;
    if (trial.fired) own.fired += by;
    if (!isHarmful(trial)) return;
    count(own.harmed, trial.from.user === null ? `session ${session}` : `user ${trial.from.user}`, by);
    if (trial.responseId !== null) count(own.examples, trial.responseId, by);
  };

  const toRecord = (
    start: EventTime,
    { tenant, context, provenance }: Cell,
    own: Count,
    stamp: number,
  ): TallyRecord => {
    const identity = identities.get(own.type);
    return {
      tenant,
      signal_type: own.type,
      detector_version: identity?.detectorVersion ?? "",
      config_hash: identity?.configHash ?? "",
      minute: start,
      source_partition: source.partition,
      trials: own.trials,
      fired: own.fired,
      stamp,
      feature: context.feature,
      segment: context.segment,
      tier: context.tier,
      device: context.device,
      locale: context.locale,
      app_version: context.app_version,
      utc_offset_min: context.utc_offset_min,
      prompt_name: provenance === null ? unknown : provenance.prompt_name,
      prompt_version: provenance === null ? unknown : provenance.prompt_version,
      model: provenance === null ? unknown : provenance.model,
      model_version: provenance === null ? unknown : provenance.model_version,
      release: provenance === null ? unknown : provenance.release,
      users: sketch(start, own.harmed),
      detector_id: identity?.detectorId ?? "",
      examples: exampleIds(own.examples),
      shadow: shadow ? true : null,
      source_partitions: null,
      incarnation: null,
      watermark: null,
      volumes: null,
    };
  };

  const changedIn = (start: EventTime, cells: ReadonlyMap<string, Cell>, stamp: number): TallyRecord[] => {
    const changed: { readonly key: string; readonly cell: Cell; readonly own: Count }[] = [];
    for (const [key, cell] of cells) {
      for (const own of cell.counts.values()) if (own.changed) changed.push({ key: `${own.type} ${key}`, cell, own });
    }
    return changed
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ cell, own }) => {
        own.changed = false;
        return toRecord(start, cell, own, stamp);
      });
  };

  return {
    add: (tenant, session, trial) => change(tenant, session, trial, 1),
    remove: (tenant, session, trial) => change(tenant, session, trial, -1),
    flush(watermark, stamp) {
      const open = [...minutes].toSorted(([a], [b]) => a - b);
      const records = open.flatMap(([start, cells]) => changedIn(start, cells, stamp));
      for (const [start] of open) if (start + minute + grace <= watermark) minutes.delete(start);
      return records;
    },
  };
};
