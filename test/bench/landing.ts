// Bench (c): rows a second of the lander against ClickHouse's own Kafka table engine: same topic, engine and machine, one run.
import type { OutRecord } from "#adapters/broker-port.ts";
import { partitionFor } from "#core/partition.ts";
import type { StackSettings } from "#infra/embedded/stack.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import type { SignalRecord } from "#schemas/generated/records.ts";
import { type Pipeline, timeUntil } from "./pipeline.ts";

export interface LandingFigures {
  readonly rows: number;
  readonly columns: number;
  readonly landerRowsPerSecond: number;
  readonly kafkaEngineRowsPerSecond: number;
  /** Lander ÷ Kafka engine. */
  readonly ratio: number;
}

const signal = (index: number, now: number): SignalRecord => ({
  event_id: `00000000-0000-8000-8000-${index.toString(16).padStart(12, "0")}`,
  ts: now - (index % 3_600_000),
  event_type: index % 3 === 0 ? "implicit:copy" : "implicit:follow-up-clarification",
  tenant: "acme",
  session_id: `session-${String(index >> 2)}`,
  detector_id: "copy",
  detector_version: "1",
  config_hash: "0123456789abcdef",
  origin: "live",
  anchor: `response-${String(index)}`,
  revision: 1,
  retracted: false,
  provenance_status: "resolved",
  source_topic: "earshot.interactions",
  source_partition: index & 3,
  source_first_offset: index,
  source_last_offset: index + 3,
  schema_id: 1,
  event_value: JSON.stringify({ count: 1, characters: index % 400, in_trial: true, since_shown_ms: index % 60_000 }),
  response_id: `response-${String(index)}`,
  user_id_hash: `user-${String(index % 5_000)}`,
  feature: ["cards", "transfers", "pricing"][index % 3] ?? null,
  segment: "power",
  tier: "pro",
  device: index % 2 === 0 ? "mobile" : "desktop",
  locale: "en-GB",
  app_version: "5.2.0",
  utc_offset_min: 60,
  prompt_name: "cards",
  prompt_version: "p12",
  model: "aster-2",
  model_version: "aster-2-2026-08",
  release: "2026.11.2",
  audit_id: null,
  window_start: now - 20_000,
  window_end: now,
  evidence: JSON.stringify([`event-${String(index)}`, `event-${String(index + 1)}`]),
  grade: null,
  category: null,
  score: null,
  confidence: null,
  ambiguity: "copied_elsewhere",
});

const fill = async (pipeline: Pipeline, rows: number): Promise<void> => {
  const now = Date.now();
  const { topic, partitions } = pipeline.topics.signals;
  for (let i = 0; i < rows; i += 5_000) {
    const batch = Array.from({ length: Math.min(5_000, rows - i) }, (_, k): OutRecord => {
      const record = signal(i + k, now);
      return {
        topic,
        partition: partitionFor(record.session_id, partitions),
        key: record.session_id,
        value: pipeline.codecs.encode("signals", record),
      };
    });
    await pipeline.producer.send(batch);
  }
};

const countOf = (pipeline: Pipeline, table: string) => async (): Promise<number> =>
  Number((await pipeline.store.query(`SELECT count() AS n FROM ${table}`))[0]?.["n"]);

/** Avro's nullable fields as the Kafka engine reads them; evidence stays text there, which spares it work. */
const queueColumns = (): string => {
  const { fields } = JSON.parse(bundledSchema("signal")) as {
    fields: { name: string; type: unknown }[];
  };
  const types: Readonly<Record<string, string>> = {
    string: "String",
    int: "Int32",
    long: "Int64",
    double: "Float64",
    boolean: "Bool",
  };
  const typeOf = (type: unknown): string => {
    if (Array.isArray(type)) return `Nullable(${typeOf(type[1])})`;
    if (typeof type === "object" && type !== null) return "DateTime64(3, 'UTC')";
    return types[String(type)] ?? "String";
  };
  return fields.map(({ name, type }) => `\`${name}\` ${typeOf(type)}`).join(", ");
};

/** Both read the same filled topic from its start; each is timed from its start to the last row counted. */
export const measureLanding = async (
  pipeline: Pipeline,
  stack: StackSettings,
  rows: number,
): Promise<LandingFigures> => {
  await fill(pipeline, rows);
  const columns = queueColumns();
  const { topic } = pipeline.topics.signals;
  await pipeline.store.command(
    `CREATE TABLE engine_rows (${columns}) ENGINE = ReplacingMergeTree(revision) PARTITION BY toYYYYMM(ts) ORDER BY (tenant, event_type, event_id)`,
  );
  await pipeline.store.command(`CREATE TABLE engine_queue (${columns}) ENGINE = Kafka
    SETTINGS kafka_broker_list = '${stack.KAFKA_BROKERS}', kafka_topic_list = '${topic}', kafka_group_name = '${topic}.engine',
      kafka_format = 'AvroConfluent', format_avro_schema_registry_url = '${stack.SCHEMA_REGISTRY_URL}',
      kafka_num_consumers = 2, kafka_thread_per_consumer = 1, kafka_max_block_size = 65536, kafka_flush_interval_ms = 1000`);
  await pipeline.store.command("CREATE MATERIALIZED VIEW engine_feed TO engine_rows AS SELECT * FROM engine_queue");
  const engineMs = await timeUntil(rows, countOf(pipeline, "engine_rows"));
  await pipeline.store.command("DROP TABLE engine_feed");
  await pipeline.store.command("DROP TABLE engine_queue");

  const lander = await pipeline.start("lander");
  const landerMs = await timeUntil(rows, countOf(pipeline, "signals"));
  await lander[Symbol.asyncDispose]();
  return {
    rows,
    columns: columns.split(", `").length,
    landerRowsPerSecond: rows / (landerMs / 1000),
    kafkaEngineRowsPerSecond: rows / (engineMs / 1000),
    ratio: engineMs / landerMs,
  };
};
