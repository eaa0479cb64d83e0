// What people on call are sent about an incident (`data`): the allow-list of fields and of what each may hold. Core fills it, the sender checks it.
import { z } from "zod";

/** ISO 8601 in UTC with milliseconds. */
const time = z.iso.datetime({ precision: 3 });

/** Names, versions, refs, owners: nothing in which a sentence, an address or markup could travel. */
const word = z.string().regex(/^[\w.:/ -]{1,64}$/);

/** `~`: the pipeline itself, which is nobody's product. */
const tenantName = z.string().regex(/^(?:~|[\w.:/ -]{1,64})$/);

/** As tallies name it, or `~stream`, `~pipeline` for what is no rate. */
const signalType = z.string().regex(/^~?[\w.:/ -]{1,64}$/);

/** `*`, `~other`, up to three `dim=value` joined by `,`, or the hash of a name that may not be shown. */
const slice = z
  .string()
  .regex(/^(?:\*|~other|h-[\da-f]{8}|[\w.-]{1,64}=[\w.:/ -]{1,64}(?:,[\w.-]{1,64}=[\w.:/ -]{1,64}){0,2})$/);

/** Of an operator's own pages: no credentials, no markup. */
const link = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[\w.:[\]-]+(?:\/[\w.:/%~+,;=?&#*-]*)?$/);

const rate = z.number().min(0).max(1);
const amount = z.number().nonnegative();
const count = z.int().nonnegative();

/** Rates per value of a version dimension before the onset and since; null where there were no trials. */
const versionRate = z.object({
  dimension: word,
  value: word,
  before: rate.nullable(),
  now: rate.nullable(),
  trials: count,
});

/** A change that came before the onset, most likely first. */
const candidateChange = z.object({
  change_id: word,
  kind: word,
  from: word.nullable(),
  to: word.nullable(),
  ts: time,
  scope: slice,
  /** Share of the candidates' likelihood, 0 to 1. */
  score: rate,
  note: z.literal("correlated, not cause"),
  owner: word.nullable(),
  rollback_ref: word.nullable(),
  url: link.nullable(),
});

/** Another alert that belongs to the same incident. */
const groupedSignal = z.object({ signal_type: signalType, slice, ratio: amount.nullable(), onset: time.nullable() });

export const incidentPayload = z.object({
  /** One line for a pager, of words as above and of figures. */
  summary: z.string().regex(/^[\w.:/ ,%=×–·→()*~-]{1,1000}$/),
  incident_id: word,
  tenant: tenantName,
  rule: word,
  rule_version: word,
  state: z.enum(["open", "acknowledged", "silenced", "resolved", "closed"]),
  severity: z.enum(["SEV1", "SEV2", "SEV3", "SEV4"]),
  /** The severity told last, where this update changes it. */
  severity_before: z.enum(["SEV1", "SEV2", "SEV3", "SEV4"]).nullable(),
  markers: z.array(word).max(8),
  /** `quality`, or why it is not about quality: `mix`, `data`, `client`, `stream_stopped` … */
  class: word,
  signal_type: signalType,
  direction: z.enum(["rise", "fall"]),
  slice,
  parent_slice: slice.nullable(),
  causes: z.array(slice).max(3),
  window_start: time.nullable(),
  window_end: time.nullable(),
  trials: count.nullable(),
  fired: count.nullable(),
  users: count.nullable(),
  rate: rate.nullable(),
  baseline: rate.nullable(),
  ratio: amount.nullable(),
  ratio_low: amount.nullable(),
  ratio_high: amount.nullable(),
  p: rate.nullable(),
  ln_e: z.number().nullable(),
  method: word.nullable(),
  min_detectable_ratio: amount.nullable(),
  onset: time.nullable(),
  opened_at: time,
  acked_at: time.nullable(),
  resolved_at: time.nullable(),
  versions: z.array(versionRate).max(12),
  changes: z.array(candidateChange).max(3),
  /** Response ids, readable only through the audited store. */
  examples: z.array(z.string().regex(/^[\w.:/-]{1,128}$/)).max(5),
  signals: z.array(groupedSignal).max(20),
  owner: word.nullable(),
  runbook_url: link.nullable(),
  query_url: link.nullable(),
  incident_url: link.nullable(),
  flap_count: count,
  notice: z.literal("reads behaviour, is no verdict"),
  /** What cannot be seen here; a fixed sentence, because free ones could carry anything. */
  limit: z
    .string()
    .regex(/^(?:rises below|falls that leave more than) ×\d{0,4}(?:\.\d{1,2})? may stay unseen for two hours$/)
    .nullable(),
});

type DeepReadonly<T> = T extends readonly (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Times ISO 8601 UTC, rates 0 to 1, ratios to the baseline. */
export type IncidentPayload = DeepReadonly<z.output<typeof incidentPayload>>;
