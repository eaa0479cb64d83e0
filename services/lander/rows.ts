// From records to rows: which tables a topic lands in and what each column holds. Deterministic, because a pending range is read and inserted again.
import type { LogRecord, Partition } from "#adapters/broker-port.ts";
import { partitionFor } from "#core/partition.ts";
import { countedAppendTs } from "#core/rekeyed.ts";
import { validateInteraction } from "#core/validate.ts";
import { columnsOf, type TableName } from "#schemas/clickhouse/tables.ts";
import type {
  ChangeRecord,
  DeliveryRecord,
  IncidentRecord,
  InteractionRecord,
  LateRecord,
  RejectRecord,
  SignalRecord,
  TallyRecord,
} from "#schemas/generated/records.ts";
import type { RecordOf, TopicKind } from "#schemas/topics.ts";

/** One value per column of its table. */
export type Row = readonly unknown[];

export type Made =
  /** One row per table of the topic. */
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  /** Nothing to land, and nothing wrong or somebody else's to say. */
  | { readonly kind: "skip"; readonly reason: SkipReason }
  | { readonly kind: "reject"; readonly reason: string; readonly field: string };

export type SkipReason =
  /** Of interactions only responses land. */
  | "no_response"
  /** In another partition than its session's: its re-keyed copy lands. */
  | "misplaced"
  /** The detector says so on `rejects`. */
  | "invalid"
  /** `~progress` and its like. */
  | "control";

export type RowMaker<K extends TopicKind> = (record: RecordOf<K>, log: LogRecord, schemaId: number) => Made;

export interface RowOptions {
  readonly partition: Partition;
  readonly inc: number;
  /** Number of partitions of `interactions`. */
  readonly inputPartitions: number;
  readonly pastWindow: number;
}

/** What a column may hold besides the record's own fields. */
interface At {
  readonly log: LogRecord;
  readonly schemaId: number;
  /** Of the one field that is a JSON list. */
  readonly list?: readonly string[];
}

type Value<R> = (record: R, at: At) => unknown;
type Special<R> = Readonly<Record<string, Value<R>>>;

export const tablesOf: Readonly<Record<TopicKind, readonly TableName[]>> = {
  interactions: ["responses"],
  signals: ["signals"],
  tallies: ["tallies"],
  late: ["late"],
  rejects: ["reject_rows", "reject_bytes"],
  changes: ["change_rows"],
  incidents: ["incident_rows"],
  deliveries: ["delivery_rows"],
  "alerter-state": [],
};

/** Topics that land nowhere are not read at all. */
export const lands = ({ kind }: { readonly kind: TopicKind }): boolean => tablesOf[kind].length > 0;

export interface Target {
  readonly table: TableName;
  readonly columns: readonly string[];
}

/** A topic's tables with the columns of their rows. */
export const targetsOf = (kind: TopicKind): readonly Target[] =>
  tablesOf[kind].map((table) => ({ table, columns: columnsOf(table) }));

/** All that the lander writes. */
export const landingTables: readonly TableName[] = [...Object.values(tablesOf).flat(), "landings"];

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/** A JSON list of strings; undefined when it is none. */
const listOf = (text: string | null): readonly string[] | undefined => {
  if (text === null || text === "") return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
};

const rowsFor = <R extends object>(
  tables: readonly TableName[],
  { partition, inc }: RowOptions,
  special: Special<R> = {},
): ((record: R, at: At) => Made) => {
  const origin: Special<R> = {
    _topic: () => partition.topic,
    _partition: () => partition.partition,
    _offset: (_, { log }) => log.offset,
    _inc: () => inc,
  };
  /** The record's own field unless the column is made otherwise. */
  const valueOf = (column: string): Value<R> =>
    special[column] ?? origin[column] ?? ((record) => (record as Readonly<Record<string, unknown>>)[column]);
  const makers = tables.map((table) => columnsOf(table).map(valueOf));
  return (record, at) => ({ kind: "rows", rows: makers.map((row) => row.map((value) => value(record, at))) });
};

const responses = (options: RowOptions): RowMaker<"interactions"> => {
  const { partition, inputPartitions } = options;
  const row = rowsFor<InteractionRecord>(tablesOf.interactions, options, {
    text_chars: ({ text }) => (text ? text.length : null),
    schema_id: (_, { schemaId }) => schemaId,
  });
  return (record, log, schemaId) => {
    if (record.type !== "response") return { kind: "skip", reason: "no_response" };
    const appendTs = countedAppendTs(log, partition.topic);
    if (appendTs === undefined || !validateInteraction(record, appendTs, options).ok)
      return { kind: "skip", reason: "invalid" };
    if (partitionFor(record.session_id, inputPartitions) !== partition.partition)
      return { kind: "skip", reason: "misplaced" };
    return row(record, { log, schemaId });
  };
};

const signals = (options: RowOptions): RowMaker<"signals"> => {
  const row = rowsFor<SignalRecord>(tablesOf.signals, options, { evidence: (_, { list }) => list });
  return (record, log, schemaId) => {
    const list = listOf(record.evidence);
    return list ? row(record, { log, schemaId, list }) : { kind: "reject", reason: "invalid_value", field: "evidence" };
  };
};

const tallies = (options: RowOptions): RowMaker<"tallies"> => {
  const row = rowsFor<TallyRecord>(tablesOf.tallies, options, {
    users: ({ users }) => base64(users),
    examples: (_, { list }) => list,
  });
  return (record, log, schemaId) => {
    if (record.signal_type.startsWith("~")) return { kind: "skip", reason: "control" };
    const list = listOf(record.examples);
    return list ? row(record, { log, schemaId, list }) : { kind: "reject", reason: "invalid_value", field: "examples" };
  };
};

const late = (options: RowOptions): RowMaker<"late"> => {
  const row = rowsFor<LateRecord>(tablesOf.late, options);
  return (record, log, schemaId) => row(record, { log, schemaId });
};

const rejects = (options: RowOptions): RowMaker<"rejects"> => {
  const row = rowsFor<RejectRecord>(tablesOf.rejects, options, {
    key_base64: ({ key }) => base64(key),
    value_base64: ({ value }) => base64(value),
  });
  return (record, log, schemaId) => row(record, { log, schemaId });
};

const changes = (options: RowOptions): RowMaker<"changes"> => {
  const row = rowsFor<ChangeRecord>(tablesOf.changes, options, {
    from_version: ({ from }) => from,
    to_version: ({ to }) => to,
  });
  return (record, log, schemaId) => row(record, { log, schemaId });
};

const incidents = (options: RowOptions): RowMaker<"incidents"> => {
  const row = rowsFor<IncidentRecord>(tablesOf.incidents, options);
  return (record, log, schemaId) => row(record, { log, schemaId });
};

const deliveries = (options: RowOptions): RowMaker<"deliveries"> => {
  const row = rowsFor<DeliveryRecord>(tablesOf.deliveries, options);
  return (record, log, schemaId) => row(record, { log, schemaId });
};

/** Of a topic that is not read. */
const nothing = () => (): Made => ({ kind: "skip", reason: "control" });

const makers: { readonly [K in TopicKind]: (options: RowOptions) => RowMaker<K> } = {
  interactions: responses,
  signals,
  tallies,
  late,
  rejects,
  changes,
  incidents,
  deliveries,
  "alerter-state": nothing,
};

export const rowMaker = <K extends TopicKind>(kind: K, options: RowOptions): RowMaker<K> => makers[kind](options);
