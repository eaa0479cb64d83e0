// Generated from schemas/avro by `npm run generate`; do not edit.

/** one interaction of a user with an LLM product */
export interface InteractionRecord {
  /** unique; a repeat of it is the same event */
  readonly event_id: string;
  /** prompt, response, copy, … (services/core/interaction.ts lists them) */
  readonly type: string;
  /** event time, epoch milliseconds */
  readonly ts: number;
  /** whose product */
  readonly tenant: string;
  /** the Kafka key; a tick leaves ts 0 and tenant, session_id empty */
  readonly session_id: string;
  /** keyed hash, never a clear user id */
  readonly user_id_hash: null | string;
  /** the response the event is about */
  readonly response_id: null | string;
  /** user or assistant text, at most 256 KiB */
  readonly text: null | string;
  /** rating, milliseconds or characters, by type */
  readonly value: null | number;
  /** by type: ok, error, button, thumbs … */
  readonly label: null | string;
  /** product flow in which it happened */
  readonly feature: null | string;
  /** user cohort */
  readonly segment: null | string;
  /** plan */
  readonly tier: null | string;
  /** mobile, desktop, phone … */
  readonly device: null | string;
  /** BCP 47 tag */
  readonly locale: null | string;
  /** client build */
  readonly app_version: null | string;
  /** the user's offset from UTC in minutes */
  readonly utc_offset_min: null | number;
  /** prompt template */
  readonly prompt_name: null | string;
  /** its version */
  readonly prompt_version: null | string;
  /** model asked for */
  readonly model: null | string;
  /** model that answered */
  readonly model_version: null | string;
  /** application release */
  readonly release: null | string;
  /** key into the application's own audit store */
  readonly audit_id: null | string;
  /** JSON object of at most 4 KiB */
  readonly extra: null | string;
}

/** Its fields in schema order. @public */
export const interactionFields = [
  "event_id",
  "type",
  "ts",
  "tenant",
  "session_id",
  "user_id_hash",
  "response_id",
  "text",
  "value",
  "label",
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "utc_offset_min",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
  "audit_id",
  "extra",
] as const satisfies readonly (keyof InteractionRecord)[];

/** an interaction that came too late to be applied; carries no text */
export interface LateRecord {
  /** unique; a repeat of it is the same event */
  readonly event_id: string;
  /** prompt, response, copy, … (services/core/interaction.ts lists them) */
  readonly type: string;
  /** event time, epoch milliseconds */
  readonly ts: number;
  /** whose product */
  readonly tenant: string;
  /** the Kafka key; a tick leaves ts 0 and tenant, session_id empty */
  readonly session_id: string;
  /** keyed hash, never a clear user id */
  readonly user_id_hash: null | string;
  /** the response the event is about */
  readonly response_id: null | string;
  /** length of the withheld text */
  readonly text_chars: null | number;
  /** rating, milliseconds or characters, by type */
  readonly value: null | number;
  /** by type: ok, error, button, thumbs … */
  readonly label: null | string;
  /** product flow in which it happened */
  readonly feature: null | string;
  /** user cohort */
  readonly segment: null | string;
  /** plan */
  readonly tier: null | string;
  /** mobile, desktop, phone … */
  readonly device: null | string;
  /** BCP 47 tag */
  readonly locale: null | string;
  /** client build */
  readonly app_version: null | string;
  /** the user's offset from UTC in minutes */
  readonly utc_offset_min: null | number;
  /** prompt template */
  readonly prompt_name: null | string;
  /** its version */
  readonly prompt_version: null | string;
  /** model asked for */
  readonly model: null | string;
  /** model that answered */
  readonly model_version: null | string;
  /** application release */
  readonly release: null | string;
  /** key into the application's own audit store */
  readonly audit_id: null | string;
  /** JSON object of at most 4 KiB */
  readonly extra: null | string;
  /** late, visit_full */
  readonly reason: string;
  /** the partition's watermark when it came */
  readonly watermark: number;
  /** input topic */
  readonly source_topic: string;
  /** input partition */
  readonly source_partition: number;
  /** its offset */
  readonly source_offset: number;
  /** its Kafka append time */
  readonly append_ts: number;
}

/** Its fields in schema order. @public */
export const lateFields = [
  "event_id",
  "type",
  "ts",
  "tenant",
  "session_id",
  "user_id_hash",
  "response_id",
  "text_chars",
  "value",
  "label",
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "utc_offset_min",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
  "audit_id",
  "extra",
  "reason",
  "watermark",
  "source_topic",
  "source_partition",
  "source_offset",
  "append_ts",
] as const satisfies readonly (keyof LateRecord)[];

/** a record that broke the contract, kept whole */
export interface RejectRecord {
  /** topic:partition:offset */
  readonly reject_id: string;
  /** reason code */
  readonly reason: string;
  /** input topic */
  readonly source_topic: string;
  /** input partition */
  readonly source_partition: number;
  /** its offset */
  readonly source_offset: number;
  /** its Kafka append time */
  readonly append_ts: number;
  /** the offending field */
  readonly field: null | string;
  /** registry id it named */
  readonly schema_id: null | number;
  /** its key */
  readonly key: null | Uint8Array;
  /** its value, cut at 1 MiB */
  readonly value: null | Uint8Array;
  /** length before the cut */
  readonly bytes_total: null | number;
  /** whether it was cut */
  readonly truncated: null | boolean;
  /** who rejected it */
  readonly service: null | string;
  /** with which version */
  readonly code_version: null | string;
}

/** Its fields in schema order. @public */
export const rejectFields = [
  "reject_id",
  "reason",
  "source_topic",
  "source_partition",
  "source_offset",
  "append_ts",
  "field",
  "schema_id",
  "key",
  "value",
  "bytes_total",
  "truncated",
  "service",
  "code_version",
] as const satisfies readonly (keyof RejectRecord)[];

/** one signal: a behaviour seen, with its provenance */
export interface SignalRecord {
  /** UUIDv8 of tenant, session, type, anchor and detector identity */
  readonly event_id: string;
  /** the anchor's event time, or the deadline that fired */
  readonly ts: number;
  /** implicit:repeat-ask …, thumbs, rating, comment, form */
  readonly event_type: string;
  /** whose product */
  readonly tenant: string;
  /** session */
  readonly session_id: string;
  /** which detector saw it */
  readonly detector_id: string;
  /** its code version */
  readonly detector_version: string;
  /** hash of its settings */
  readonly config_hash: string;
  /** live, backfill, shadow */
  readonly origin: string;
  /** what the id hangs on: event id, response id, or a triple */
  readonly anchor: string;
  /** 1, 2, 3 …: the highest is current */
  readonly revision: number;
  /** the highest revision says: it did not happen */
  readonly retracted: boolean;
  /** resolved, unresolved */
  readonly provenance_status: string;
  /** input topic */
  readonly source_topic: string;
  /** input partition */
  readonly source_partition: number;
  /** lowest offset among the evidence */
  readonly source_first_offset: number;
  /** offset of the record that made this revision */
  readonly source_last_offset: number;
  /** registry id of the anchor's schema */
  readonly schema_id: number;
  /** JSON object: all features the decision used */
  readonly event_value: null | string;
  /** response the signal is about */
  readonly response_id: null | string;
  /** keyed hash */
  readonly user_id_hash: null | string;
  /** product flow in which it happened */
  readonly feature: null | string;
  /** user cohort */
  readonly segment: null | string;
  /** plan */
  readonly tier: null | string;
  /** mobile, desktop, phone … */
  readonly device: null | string;
  /** BCP 47 tag */
  readonly locale: null | string;
  /** client build */
  readonly app_version: null | string;
  /** the user's offset from UTC in minutes */
  readonly utc_offset_min: null | number;
  /** prompt template */
  readonly prompt_name: null | string;
  /** its version */
  readonly prompt_version: null | string;
  /** model asked for */
  readonly model: null | string;
  /** model that answered */
  readonly model_version: null | string;
  /** application release */
  readonly release: null | string;
  /** key into the application's own audit store */
  readonly audit_id: null | string;
  /** first event time looked at */
  readonly window_start: null | number;
  /** last event time looked at */
  readonly window_end: null | number;
  /** JSON list of at most 20 event ids */
  readonly evidence: null | string;
  /** repeat, rephrase, action, request */
  readonly grade: null | string;
  /** category of the turn */
  readonly category: null | string;
  /** 0 to 1, four decimals */
  readonly score: null | number;
  /** measured precision in this score bin, null where never measured */
  readonly confidence: null | number;
  /** comma-joined readings the data cannot exclude */
  readonly ambiguity: null | string;
}

/** Its fields in schema order. @public */
export const signalFields = [
  "event_id",
  "ts",
  "event_type",
  "tenant",
  "session_id",
  "detector_id",
  "detector_version",
  "config_hash",
  "origin",
  "anchor",
  "revision",
  "retracted",
  "provenance_status",
  "source_topic",
  "source_partition",
  "source_first_offset",
  "source_last_offset",
  "schema_id",
  "event_value",
  "response_id",
  "user_id_hash",
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "utc_offset_min",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
  "audit_id",
  "window_start",
  "window_end",
  "evidence",
  "grade",
  "category",
  "score",
  "confidence",
  "ambiguity",
] as const satisfies readonly (keyof SignalRecord)[];

/** trials of one signal in one minute, cell and source partition; absolute, the highest stamp wins */
export interface TallyRecord {
  /** whose product; ~ for control records */
  readonly tenant: string;
  /** implicit:copy …, explicit:answered …, or ~progress, ~tick */
  readonly signal_type: string;
  /** code version of the detector */
  readonly detector_version: string;
  /** hash of its settings */
  readonly config_hash: string;
  /** start of the event-time minute in which the trials ended */
  readonly minute: number;
  /** input partition */
  readonly source_partition: number;
  /** trials that ended in the minute */
  readonly trials: number;
  /** those that fired */
  readonly fired: number;
  /** input offset at which this was computed */
  readonly stamp: number;
  /** product flow in which it happened */
  readonly feature: null | string;
  /** user cohort */
  readonly segment: null | string;
  /** plan */
  readonly tier: null | string;
  /** mobile, desktop, phone … */
  readonly device: null | string;
  /** BCP 47 tag */
  readonly locale: null | string;
  /** client build */
  readonly app_version: null | string;
  /** the user's offset from UTC in minutes */
  readonly utc_offset_min: null | number;
  /** prompt template */
  readonly prompt_name: null | string;
  /** its version */
  readonly prompt_version: null | string;
  /** model asked for */
  readonly model: null | string;
  /** model that answered */
  readonly model_version: null | string;
  /** application release */
  readonly release: null | string;
  /** up to 16 × (8-byte hash ascending, 2-byte harmful count) */
  readonly users: null | Uint8Array;
  /** which detector */
  readonly detector_id: null | string;
  /** JSON list of at most 2 response ids */
  readonly examples: null | string;
  /** a version on trial: feeds baselines only */
  readonly shadow: null | boolean;
  /** ~progress: number of input partitions */
  readonly source_partitions: null | number;
  /** ~progress: incarnation of the input topic */
  readonly incarnation: null | number;
  /** ~progress: the partition's watermark */
  readonly watermark: null | number;
  /** ~progress: JSON {tenant: {feature: accepted events}} since the last one */
  readonly volumes: null | string;
}

/** Its fields in schema order. @public */
export const tallyFields = [
  "tenant",
  "signal_type",
  "detector_version",
  "config_hash",
  "minute",
  "source_partition",
  "trials",
  "fired",
  "stamp",
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "utc_offset_min",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
  "users",
  "detector_id",
  "examples",
  "shadow",
  "source_partitions",
  "incarnation",
  "watermark",
  "volumes",
] as const satisfies readonly (keyof TallyRecord)[];
