// What the lander writes: each table's columns in insert order with their ClickHouse types. A test holds it equal to the migrated schema.

/**
 * How values are given (JSONCompactEachRow): times as epoch milliseconds, Array(String) as an array, bytes as base64,
 * 64-bit integers as numbers. Null and undefined become the column's default ('' , 0, false, []) unless it is Nullable.
 * Columns that ClickHouse computes (hour_local, _version, _landed_at …) are not listed: nobody inserts them.
 */
export type Columns = Readonly<Record<string, string>>;

const time = "DateTime64(3, 'UTC')";
/** Few distinct values, grouped and filtered by: a dictionary per part. Missing is '', so that sorting keys need no Nullable. */
const hot = "LowCardinality(String)";

const context = {
  feature: hot,
  segment: hot,
  tier: hot,
  device: hot,
  locale: hot,
  app_version: hot,
  utc_offset_min: "Nullable(Int16)",
} as const;

const provenance = {
  prompt_name: hot,
  prompt_version: hot,
  model: hot,
  model_version: hot,
  release: hot,
} as const;

/** Where the row comes from: for audit, and for the lander's own questions. */
const origin = { _topic: hot, _partition: "UInt32", _offset: "UInt64", _inc: "UInt32" } as const;

export const tables = {
  signals: {
    event_id: "String",
    ts: time,
    event_type: hot,
    tenant: hot,
    session_id: "String",
    detector_id: hot,
    detector_version: hot,
    config_hash: hot,
    origin: hot,
    anchor: "String",
    revision: "UInt32",
    retracted: "Bool",
    provenance_status: hot,
    source_topic: hot,
    source_partition: "UInt32",
    source_first_offset: "UInt64",
    source_last_offset: "UInt64",
    schema_id: "Int32",
    event_value: "String",
    response_id: "String",
    user_id_hash: "String",
    ...context,
    ...provenance,
    audit_id: "String",
    window_start: `Nullable(${time})`,
    window_end: `Nullable(${time})`,
    evidence: "Array(String)",
    grade: hot,
    category: hot,
    score: "Nullable(Float64)",
    confidence: "Nullable(Float64)",
    ambiguity: hot,
    ...origin,
  },
  /** One row per `response` event; of its text only the length. */
  responses: {
    event_id: "String",
    ts: time,
    tenant: hot,
    session_id: "String",
    user_id_hash: "String",
    response_id: "String",
    text_chars: "Nullable(UInt32)",
    value: "Nullable(Float64)",
    label: hot,
    ...context,
    ...provenance,
    audit_id: "String",
    schema_id: "Int32",
    ...origin,
  },
  /** Without control records (`signal_type` that begins with "~"). */
  tallies: {
    tenant: hot,
    signal_type: hot,
    detector_version: hot,
    config_hash: hot,
    minute: time,
    source_partition: "UInt32",
    trials: "UInt64",
    fired: "UInt64",
    stamp: "UInt64",
    ...context,
    ...provenance,
    users: "String",
    detector_id: hot,
    examples: "Array(String)",
    shadow: "Bool",
    ...origin,
  },
  late: {
    event_id: "String",
    type: hot,
    ts: time,
    tenant: hot,
    session_id: "String",
    user_id_hash: "String",
    response_id: "String",
    text_chars: "Nullable(UInt32)",
    value: "Nullable(Float64)",
    label: hot,
    ...context,
    ...provenance,
    audit_id: "String",
    extra: "String",
    reason: hot,
    watermark: time,
    source_topic: hot,
    source_partition: "UInt32",
    source_offset: "UInt64",
    append_ts: time,
    ...origin,
  },
  /** Beneath the view `rejects`: everything but the bytes. */
  reject_rows: {
    reject_id: "String",
    reason: hot,
    source_topic: hot,
    source_partition: "UInt32",
    source_offset: "UInt64",
    append_ts: time,
    field: hot,
    schema_id: "Nullable(Int32)",
    bytes_total: "Nullable(UInt64)",
    truncated: "Bool",
    service: hot,
    code_version: hot,
    ...origin,
  },
  /** What was rejected, byte for byte; no grant for analysts, gone after 30 days. */
  reject_bytes: {
    reject_id: "String",
    append_ts: time,
    key_base64: "String",
    value_base64: "String",
    ...origin,
  },
  /** One row per landed range of offsets, ranges without rows too. */
  landings: {
    inc: "UInt32",
    topic: hot,
    partition: "UInt32",
    first: "UInt64",
    last: "UInt64",
    rows: "UInt32",
    token: "String",
  },
} as const satisfies Readonly<Record<string, Columns>>;

export type TableName = keyof typeof tables;
export type ColumnOf<T extends TableName> = keyof (typeof tables)[T] & string;

/** The table's columns in insert order. */
export const columnsOf = <T extends TableName>(table: T): readonly ColumnOf<T>[] =>
  Object.keys(tables[table]) as ColumnOf<T>[];

/** The time whose month is the row's table partition. A token counts per partition; `landings` has none. */
export const partitionedBy = {
  signals: "ts",
  responses: "ts",
  tallies: "minute",
  late: "append_ts",
  reject_rows: "append_ts",
  reject_bytes: "append_ts",
  landings: null,
} as const satisfies { readonly [T in TableName]: ColumnOf<T> | null };
