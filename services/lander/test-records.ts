// Records for the lander's tests, with defaults and named overrides.
import type { LogRecord } from "#adapters/broker-port.ts";
import {
  type ChangeRecord,
  changeFields,
  type DeliveryRecord,
  deliveryFields,
  type IncidentRecord,
  type InteractionRecord,
  incidentFields,
  interactionFields,
  type LateRecord,
  lateFields,
  type RejectRecord,
  type SignalRecord,
  signalFields,
  type TallyRecord,
  tallyFields,
} from "#schemas/generated/records.ts";

export const at = 1_700_000_000_000;

const nulls = (fields: readonly string[]): Record<string, null> =>
  Object.fromEntries(fields.map((name) => [name, null]));

export const logRecord = (offset: number, over: Partial<LogRecord> = {}): LogRecord => ({
  offset,
  appendTs: at,
  key: null,
  value: Buffer.from("x"),
  headers: {},
  ...over,
});

export const rejectOf = (offset: number, over: Partial<RejectRecord> = {}): RejectRecord => ({
  reject_id: `earshot.signals:0:${offset}`,
  reason: "malformed",
  source_topic: "earshot.signals",
  source_partition: 0,
  source_offset: offset,
  append_ts: at,
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

export const interaction = (over: Partial<InteractionRecord> = {}): InteractionRecord => ({
  ...(nulls(interactionFields) as unknown as InteractionRecord),
  event_id: "e1",
  type: "response",
  ts: at,
  tenant: "acme",
  session_id: "s1",
  response_id: "r1",
  ...over,
});

export const signal = (over: Partial<SignalRecord> = {}): SignalRecord => ({
  ...(nulls(signalFields) as unknown as SignalRecord),
  event_id: "id1",
  ts: at,
  event_type: "implicit:copy",
  tenant: "acme",
  session_id: "s1",
  detector_id: "copy",
  detector_version: "1",
  config_hash: "ab",
  origin: "live",
  anchor: "r1",
  revision: 1,
  retracted: false,
  provenance_status: "resolved",
  source_topic: "earshot.interactions",
  source_partition: 0,
  source_first_offset: 1,
  source_last_offset: 2,
  schema_id: 1,
  evidence: '["e1","e2"]',
  ...over,
});

export const tally = (over: Partial<TallyRecord> = {}): TallyRecord => ({
  ...(nulls(tallyFields) as unknown as TallyRecord),
  tenant: "acme",
  signal_type: "implicit:copy",
  detector_version: "1",
  config_hash: "ab",
  minute: at - (at % 60_000),
  source_partition: 3,
  trials: 10,
  fired: 2,
  stamp: 77,
  ...over,
});

export const late = (over: Partial<LateRecord> = {}): LateRecord => ({
  ...(nulls(lateFields) as unknown as LateRecord),
  event_id: "e1",
  type: "prompt",
  ts: at,
  tenant: "acme",
  session_id: "s1",
  text_chars: 12,
  reason: "late",
  watermark: at,
  source_topic: "earshot.interactions",
  source_partition: 1,
  source_offset: 5,
  append_ts: at,
  ...over,
});

export const change = (over: Partial<ChangeRecord> = {}): ChangeRecord => ({
  ...(nulls(changeFields) as unknown as ChangeRecord),
  change_id: "c1",
  ts: at,
  tenant: "acme",
  kind: "prompt",
  scope: "feature=billing",
  ...over,
});

export const incident = (over: Partial<IncidentRecord> = {}): IncidentRecord => ({
  ...(nulls(incidentFields) as unknown as IncidentRecord),
  incident_id: "inc_1",
  rev: 1,
  ts: at,
  tenant: "acme",
  rule: "default",
  rule_version: "ab",
  signal_type: "implicit:abandonment",
  direction: "rise",
  state: "open",
  severity: "SEV2",
  class: "quality",
  slice: "feature=billing",
  opened_at: at,
  ...over,
});

export const delivery = (over: Partial<DeliveryRecord> = {}): DeliveryRecord => ({
  ...(nulls(deliveryFields) as unknown as DeliveryRecord),
  incident_id: "inc_1",
  notification_id: "ntf_1",
  destination: "pager",
  tenant: "acme",
  kind: "opened",
  status: "delivered",
  attempt: 1,
  ts: at,
  ...over,
});
