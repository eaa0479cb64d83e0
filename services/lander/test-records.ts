// Records for the lander's tests, with defaults and named overrides.
import type { LogRecord } from "#adapters/broker-port.ts";
import type { RejectRecord } from "#schemas/generated/records.ts";

export const rejectOf = (offset: number, over: Partial<RejectRecord> = {}): RejectRecord => ({
  reject_id: `earshot.signals:0:${offset}`,
  reason: "malformed",
  source_topic: "earshot.signals",
  source_partition: 0,
  source_offset: offset,
  append_ts: 1_700_000_000_000,
  field: null,
  schema_id: null,
  key: null,
  value: null,
  bytes_total: 0,
  truncated: false,
  service: "lander",
  code_version: "0",
  ...over,
});

export const logRecord = (offset: number, over: Partial<LogRecord> = {}): LogRecord => ({
  offset,
  appendTs: 1_700_000_000_000,
  key: null,
  value: Buffer.from("x"),
  headers: {},
  ...over,
});
