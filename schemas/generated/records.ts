// Generated from schemas/avro by `npm run generate`; do not edit.

/** a piece of the alerter's memory at one offset of its log */
export interface AlerterStateRecord {
  /** whose; ~ for what all tenants of the partition share */
  readonly tenant: string;
  /** 0 or 1: the two newest snapshots */
  readonly generation: number;
  /** from 0; -1 for the manifest */
  readonly chunk: number;
  /** all pieces of one snapshot carry it */
  readonly snapshot_id: string;
  /** partition of tallies */
  readonly source_partition: number;
  /** first offset of tallies that is not in it */
  readonly log_offset: number;
  /** compressed state; the manifest: JSON of tenants, chunks, checksums */
  readonly payload: Uint8Array;
}

/** Its fields in schema order. @public */
export const alerterstateFields = [
  "tenant",
  "generation",
  "chunk",
  "snapshot_id",
  "source_partition",
  "log_offset",
  "payload",
] as const satisfies readonly (keyof AlerterStateRecord)[];

/** something that was changed on purpose: what an incident is set against */
export interface ChangeRecord {
  /** unique; a repeat of it is the same change */
  readonly change_id: string;
  /** when it took effect, epoch milliseconds */
  readonly ts: number;
  /** whose product; * for all */
  readonly tenant: string;
  /** prompt, model, routing, deploy, flag, rollback or detector */
  readonly kind: string;
  /** name of the slice that it touches, as feature=billing; * for everything */
  readonly scope: string;
  /** version before */
  readonly from: null | string;
  /** version after */
  readonly to: null | string;
  /** change_id that a rollback takes back */
  readonly reverts: null | string;
  /** how to take this change back: a command, a run, a commit */
  readonly rollback_ref: null | string;
  /** team that made it */
  readonly owner: null | string;
  /** where to read about it */
  readonly url: null | string;
}

/** Its fields in schema order. @public */
export const changeFields = [
  "change_id",
  "ts",
  "tenant",
  "kind",
  "scope",
  "from",
  "to",
  "reverts",
  "rollback_ref",
  "owner",
  "url",
] as const satisfies readonly (keyof ChangeRecord)[];

/** where one notification to one destination stands */
export interface DeliveryRecord {
  /** which incident; ~destination for a destination that was disabled */
  readonly incident_id: string;
  /** ntf_ and 32 hex digits; the idempotency key of every attempt */
  readonly notification_id: string;
  /** name in the rules file */
  readonly destination: string;
  /** whose incident */
  readonly tenant: string;
  /** opened, updated, reminder, acknowledged, resolved */
  readonly kind: string;
  /** delivered, retrying, failed, collapsed, disabled, suppressed or requested */
  readonly status: string;
  /** attempts so far */
  readonly attempt: number;
  /** when this was written, epoch milliseconds */
  readonly ts: number;
  /** of the incident whose data was sent */
  readonly rev: null | number;
  /** when the next attempt is due */
  readonly next_at: null | number;
  /** of the last answer */
  readonly http_status: null | number;
  /** what came of the last attempt, as http_500 or timeout */
  readonly code: null | string;
  /** of the last attempt */
  readonly duration_ms: null | number;
  /** of the body that was sent */
  readonly body_sha256: null | string;
  /** when the receiver took it */
  readonly accepted_at: null | number;
  /** who asked for it to be sent again */
  readonly actor: null | string;
}

/** Its fields in schema order. @public */
export const deliveryFields = [
  "incident_id",
  "notification_id",
  "destination",
  "tenant",
  "kind",
  "status",
  "attempt",
  "ts",
  "rev",
  "next_at",
  "http_status",
  "code",
  "duration_ms",
  "body_sha256",
  "accepted_at",
  "actor",
] as const satisfies readonly (keyof DeliveryRecord)[];

/** an incident as of one transition, with the notifications that it owes; the highest rev of an id holds */
export interface IncidentRecord {
  /** inc_ and 32 hex digits; the same whatever died meanwhile */
  readonly incident_id: string;
  /** 1 for the first record, one more for each transition */
  readonly rev: number;
  /** event time of this transition */
  readonly ts: number;
  /** whose product */
  readonly tenant: string;
  /** name of the rule that watched */
  readonly rule: string;
  /** hash of the rules in force when it opened */
  readonly rule_version: string;
  /** implicit:abandonment …; ~stream for a stream that stopped, ~pipeline for a pipeline that stalled */
  readonly signal_type: string;
  /** rise or fall: the harmful way of the rate */
  readonly direction: string;
  /** open, acknowledged, silenced, resolved or closed */
  readonly state: string;
  /** SEV1 … SEV4 */
  readonly severity: string;
  /** quality; mix, data, client, concentrated; stream_stopped, pipeline_stalled */
  readonly class: string;
  /** root slice: dim=value sorted, joined by commas; * for everything */
  readonly slice: string;
  /** end of the bin that opened it */
  readonly opened_at: number;
  /** JSON list: sudden, sustained, cross-segment, change-correlated, flapping, warm-up, new_level */
  readonly markers: null | string;
  /** slice above the root slice */
  readonly parent_slice: null | string;
  /** JSON list of slices that explain the rest of the rise */
  readonly causes: null | string;
  /** JSON list of signals grouped into it, its own first */
  readonly signals: null | string;
  /** most likely begin of the rise */
  readonly onset: null | number;
  /** begin of the evidence */
  readonly window_start: null | number;
  /** end of the evidence */
  readonly window_end: null | number;
  /** trials in the window */
  readonly trials: null | number;
  /** those that fired */
  readonly fired: null | number;
  /** users with a harmful trial in the window, estimated above 16 */
  readonly users: null | number;
  /** harmful trials in the window where a trial is a visit; else null */
  readonly sessions: null | number;
  /** fired ÷ trials */
  readonly rate: null | number;
  /** rate that was expected */
  readonly baseline: null | number;
  /** rate ÷ baseline */
  readonly ratio: null | number;
  /** lower 95 % limit */
  readonly ratio_low: null | number;
  /** upper 95 % limit */
  readonly ratio_high: null | number;
  /** beta-binomial tail probability of the window */
  readonly p: null | number;
  /** natural logarithm of the evidence when it opened */
  readonly ln_e: null | number;
  /** e-sr, deploy-watch, sustained, warm-up, cusum, burn-rate, poisson */
  readonly method: null | string;
  /** smallest ratio that would be found within two hours in this slice */
  readonly min_detectable_ratio: null | number;
  /** JSON list of {dimension, value, before, now, trials} */
  readonly versions: null | string;
  /** JSON list of at most three changes with their score: correlated, not cause */
  readonly changes: null | string;
  /** JSON list of at most five response ids */
  readonly examples: null | string;
  /** when a person took it */
  readonly acked_at: null | number;
  /** who */
  readonly acked_by: null | string;
  /** end of the silence */
  readonly silenced_until: null | number;
  /** who, or the rule */
  readonly silenced_by: null | string;
  /** why */
  readonly silence_reason: null | string;
  /** when the rate was back */
  readonly resolved_at: null | number;
  /** who; null: the rate itself */
  readonly resolved_by: null | string;
  /** recovered, rolled_back, new_level, or a person's words */
  readonly resolve_reason: null | string;
  /** when the postmortem was complete */
  readonly closed_at: null | number;
  /** who */
  readonly closed_by: null | string;
  /** times it came back within two hours */
  readonly flap_count: null | number;
  /** who owns the slice */
  readonly owner: null | string;
  /** what to do */
  readonly runbook_url: null | string;
  /** the ClickHouse query that shows it */
  readonly query_url: null | string;
  /** JSON list of route names */
  readonly routes: null | string;
  /** JSON list of {id, kind, seq, page, at, data}: the notifications that it owes or owed, the newest last; data is sent as stored */
  readonly notify: null | string;
  /** JSON: cause, blast_radius, eval_delta, follow_ups, apparatus_updates, timeline */
  readonly postmortem: null | string;
  /** confirmed, false_alarm, duplicate, known_change or data_fault */
  readonly verdict: null | string;
  /** when people reported it, if they did before the alert */
  readonly reported_at: null | number;
  /** command that made this transition; null: the evidence did */
  readonly act_id: null | string;
  /** who gave it */
  readonly actor: null | string;
  /** detector_id@version:config_hash of the series */
  readonly detector: null | string;
  /** offset in its partition of tallies at which this transition was decided */
  readonly log_offset: null | number;
}

/** Its fields in schema order. @public */
export const incidentFields = [
  "incident_id",
  "rev",
  "ts",
  "tenant",
  "rule",
  "rule_version",
  "signal_type",
  "direction",
  "state",
  "severity",
  "class",
  "slice",
  "opened_at",
  "markers",
  "parent_slice",
  "causes",
  "signals",
  "onset",
  "window_start",
  "window_end",
  "trials",
  "fired",
  "users",
  "sessions",
  "rate",
  "baseline",
  "ratio",
  "ratio_low",
  "ratio_high",
  "p",
  "ln_e",
  "method",
  "min_detectable_ratio",
  "versions",
  "changes",
  "examples",
  "acked_at",
  "acked_by",
  "silenced_until",
  "silenced_by",
  "silence_reason",
  "resolved_at",
  "resolved_by",
  "resolve_reason",
  "closed_at",
  "closed_by",
  "flap_count",
  "owner",
  "runbook_url",
  "query_url",
  "routes",
  "notify",
  "postmortem",
  "verdict",
  "reported_at",
  "act_id",
  "actor",
  "detector",
  "log_offset",
] as const satisfies readonly (keyof IncidentRecord)[];

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
  /** implicit:copy …, explicit:answered …, or ~progress, ~tick, ~control */
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
  /** ~control: JSON of a change, an act, rules or a detector */
  readonly control: null | string;
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
  "control",
] as const satisfies readonly (keyof TallyRecord)[];
