// Tallies: trials and fired per minute, signal and cell; absolute, so that writing one again is harmless.
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { Context, Provenance } from "./context.ts";
import type { Trial } from "./detector.ts";
import type { Source } from "./engine-port.ts";
import { quickHash } from "./ids.ts";
import { addName, type NameCounts, namesIn } from "./name-counts.ts";
import { type RateType, type SignalKind, signalKinds } from "./signals.ts";
import { createSketcher } from "./sketch.ts";
import { type EventTime, type Millis, minute, minuteOf } from "./time.ts";

/** Who says it: goes into each signal and tally. */
export interface Identity {
  readonly detectorId: string;
  readonly detectorVersion: string;
  readonly configHash: string;
}

/** The trials of one signal in one cell and minute. Harm is counted by user and response, so that a trial can be taken back. */
interface Count {
  trials: number;
  fired: number;
  harmed: NameCounts | null;
  examples: NameCounts | null;
  changed: boolean;
}

/** One cell in one minute. */
interface Cell {
  readonly key: string;
  readonly tenant: string;
  readonly context: Context;
  /** Null: the response was not seen. */
  readonly provenance: Provenance | null;
  /** In the order of `signalKinds`. */
  readonly counts: (Count | undefined)[];
  /** Since the last flush. */
  changed: boolean;
}

/** The cells of one minute, and which of them changed since the last flush: most change once and stay for ten minutes. */
interface Minute {
  readonly start: EventTime;
  readonly cells: Map<string, Cell>;
  changed: Cell[];
}

export interface TallyOptions {
  readonly identities: ReadonlyMap<string, Identity>;
  readonly source: Source;
  readonly hashKey: string;
  readonly grace: Millis;
  readonly shadow: boolean;
}

export interface Tallies {
  /** Counts a trial, or takes it back. `session` stands for a user who is not named. */
  count(tenant: string, session: string, trial: Trial, by: 1 | -1): void;
  /** What changed since the last time, in (minute, key) order; minutes that nothing can change any more are forgotten. */
  flush(watermark: EventTime, stamp: number): TallyRecord[];
}

const kinds: readonly SignalKind[] = signalKinds;
const indexOf = new Map<RateType, number>(signalKinds.map(({ type }, index) => [type, index]));

const maxExamples = 2;

/** The responses with the smallest hashes: the same ones whatever the order in which they came. */
const exampleIds = (examples: NameCounts): string | null => {
  const names = namesIn(examples);
  if (names.length < 2) return names[0] === undefined ? null : JSON.stringify([names[0][0]]);
  const hashed = names.map(([id]) => ({ id, hash: quickHash(id) }));
  const sorted = hashed.toSorted((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1));
  return JSON.stringify(sorted.slice(0, maxExamples).map(({ id }) => id));
};

/** The slice of a response that was not seen. */
const unknown = "unknown";

export const createTallies = ({ identities, source, hashKey, grace, shadow }: TallyOptions): Tallies => {
  const minutes = new Map<EventTime, Minute>();
  const sketch = createSketcher(hashKey);
  const identityOf = kinds.map(({ type }) => identities.get(type));
  /** The cell of the last trial: trials of one response come one after another. */
  let recent: { readonly cell: Cell; readonly minute: Minute } | undefined;

  const openMinute = (start: EventTime): Minute => {
    const known = minutes.get(start);
    if (known !== undefined) return known;
    const opened: Minute = { start, cells: new Map(), changed: [] };
    minutes.set(start, opened);
    return opened;
  };

  /** The cell of a trial, noted as changed. */
  const cellOf = (tenant: string, trial: Trial): Cell => {
    const start = minuteOf(trial.endsAt);
    const { context } = trial.from;
    const provenance = trial.response?.answered?.provenance ?? null;
    if (
      recent?.minute.start === start &&
      recent.cell.context === context &&
      recent.cell.provenance === provenance &&
      recent.cell.tenant === tenant
    ) {
      return recent.cell;
    }
    const own = openMinute(start);
    const key = `${tenant.length}:${tenant}${context.key}|${provenance?.key ?? unknown}`;
    let cell = own.cells.get(key);
    if (cell === undefined) {
      cell = { key, tenant, context, provenance, counts: [], changed: false };
      own.cells.set(key, cell);
    }
    if (!cell.changed) own.changed.push(cell);
    cell.changed = true;
    recent = { cell, minute: own };
    return cell;
  };

  const toRecord = (start: EventTime, cell: Cell, index: number, own: Count, stamp: number): TallyRecord => {
    const identity = identityOf[index];
    const { tenant, context, provenance } = cell;
    return {
      tenant,
      signal_type: kinds[index]?.type ?? "",
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
      users: own.harmed === null ? null : sketch(start, own.harmed),
      detector_id: identity?.detectorId ?? "",
      examples: own.examples === null ? null : exampleIds(own.examples),
      shadow: shadow ? true : null,
      source_partitions: null,
      incarnation: null,
      watermark: null,
      volumes: null,
      control: null,
    };
  };

  const changedIn = ({ start, changed }: Minute, stamp: number, records: TallyRecord[]): void => {
    for (const cell of changed.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      cell.changed = false;
      for (let index = 0; index < cell.counts.length; index += 1) {
        const count = cell.counts[index];
        if (count?.changed !== true) continue;
        count.changed = false;
        records.push(toRecord(start, cell, index, count, stamp));
      }
    }
  };

  return {
    count(tenant, session, trial, by) {
      const index = indexOf.get(trial.type) ?? 0;
      const { counts } = cellOf(tenant, trial);
      const own = (counts[index] ??= { trials: 0, fired: 0, harmed: null, examples: null, changed: true });
      own.changed = true;
      own.trials += by;
      if (trial.fired) own.fired += by;
      const harm = kinds[index]?.harm ?? null;
      if (harm === null || trial.fired !== (harm === "fired")) return;
      const { user } = trial.from;
      own.harmed = addName(own.harmed, user === null ? `session ${session}` : `user ${user}`, by);
      if (trial.responseId !== null) own.examples = addName(own.examples, trial.responseId, by);
    },

    flush(watermark, stamp) {
      const records: TallyRecord[] = [];
      for (const own of [...minutes.values()].toSorted((a, b) => a.start - b.start)) {
        changedIn(own, stamp, records);
        own.changed = [];
        if (own.start + minute + grace <= watermark) minutes.delete(own.start);
      }
      recent = undefined;
      return records;
    },
  };
};
