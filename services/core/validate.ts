// What makes an interaction acceptable: the same verdict in detector, lander and replay, from the record and its append time alone.
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { isInteractionType, namesResponse, tickType } from "./interaction.ts";
import { allowedSkew, type EngineSettings } from "./settings.ts";
import type { EventTime } from "./time.ts";

export type RejectReason =
  | "missing_field"
  | "unknown_type"
  | "timestamp_out_of_range"
  | "too_long"
  | "invalid_extra"
  | "invalid_value";

export type Extra = Readonly<Record<string, unknown>>;

export type Validation =
  | { readonly ok: true; readonly extra: Extra | null }
  | { readonly ok: false; readonly reason: RejectReason; readonly field: string };

const maxChars = 256;
const maxExtraBytes = 4_096;

/** Ids and words, each at most 256 characters. */
const shortFields = [
  "event_id",
  "tenant",
  "session_id",
  "response_id",
  "user_id_hash",
  "audit_id",
  "label",
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
] as const;

const isLong = (text: string | null): boolean => text !== null && text.length > maxChars;

/** Field by field, as a loop over names costs a third of the whole fold's time. */
const holdsLong = (r: InteractionRecord): boolean =>
  isLong(r.event_id) ||
  isLong(r.tenant) ||
  isLong(r.session_id) ||
  isLong(r.response_id) ||
  isLong(r.user_id_hash) ||
  isLong(r.audit_id) ||
  isLong(r.label) ||
  isLong(r.feature) ||
  isLong(r.segment) ||
  isLong(r.tier) ||
  isLong(r.device) ||
  isLong(r.locale) ||
  isLong(r.app_version) ||
  isLong(r.prompt_name) ||
  isLong(r.prompt_version) ||
  isLong(r.model) ||
  isLong(r.model_version) ||
  isLong(r.release);

const reject = (reason: RejectReason, field: string): Validation => ({ ok: false, reason, field });

const isMissing = (value: string | null | undefined): boolean => value === undefined || value === null || value === "";

/** Bytes of the UTF-8 form, counted only where the length leaves it open. */
const fitsInBytes = (text: string, limit: number): boolean => {
  if (text.length * 3 <= limit) return true;
  if (text.length > limit) return false;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes <= limit;
};

/** The object in `extra`; undefined when it is none. */
const parseExtra = (text: string): Extra | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Extra) : undefined;
  } catch {
    return undefined;
  }
};

/** Answers whose value has a fixed meaning must have one; anything else in `value` is the producer's affair. */
const checkFeedback = (record: InteractionRecord, extra: Extra | null): Validation | undefined => {
  if (record.type !== "feedback" || (record.label !== "thumbs" && record.label !== "rating")) return undefined;
  if (record.value === null) return reject("missing_field", "value");
  if (record.label === "thumbs") {
    return record.value === 1 || record.value === -1 ? undefined : reject("invalid_value", "value");
  }
  const scale = ratingScale(extra);
  if (scale === undefined) return reject("invalid_extra", "extra");
  return record.value >= 0 && record.value <= scale ? undefined : reject("invalid_value", "value");
};

/** Minutes in a day: no zone is further off, and the store's columns hold no more than 16 bits. */
const maxUtcOffset = 1_440;

const defaultScale = 5;

/** Highest rating of the scale, `extra.scale_max`; undefined when it is no positive number. */
export const ratingScale = (extra: Extra | null): number | undefined => {
  const scale = extra?.["scale_max"];
  if (scale === undefined || scale === null) return defaultScale;
  return typeof scale === "number" && Number.isFinite(scale) && scale > 0 ? scale : undefined;
};

/** Whether the record may be applied, and if not, for which field and reason. A tick is acceptable whatever is in it. */
export const validateInteraction = (
  record: InteractionRecord,
  appendTs: EventTime,
  { pastWindow }: Pick<EngineSettings, "pastWindow">,
): Validation => {
  const { type, ts } = record;
  if (isMissing(type)) return reject("missing_field", "type");
  if (type === tickType) return { ok: true, extra: null };
  if (isMissing(record.event_id)) return reject("missing_field", "event_id");
  if (!isInteractionType(type)) return reject("unknown_type", "type");
  if (ts === null || ts === undefined) return reject("missing_field", "ts");
  if (!Number.isInteger(ts)) return reject("invalid_value", "ts");
  if (isMissing(record.tenant)) return reject("missing_field", "tenant");
  if (isMissing(record.session_id)) return reject("missing_field", "session_id");
  if (namesResponse(type) && isMissing(record.response_id)) return reject("missing_field", "response_id");
  if (ts < appendTs - pastWindow || ts > appendTs + allowedSkew) return reject("timestamp_out_of_range", "ts");

  if (holdsLong(record)) return reject("too_long", shortFields.find((field) => isLong(record[field])) ?? "");
  if (record.value !== null && !Number.isFinite(record.value)) return reject("invalid_value", "value");
  const offset = record.utc_offset_min;
  if (offset !== null && !(Math.abs(offset) <= maxUtcOffset)) return reject("invalid_value", "utc_offset_min");

  let extra: Extra | null = null;
  if (record.extra !== null && record.extra !== "") {
    if (!fitsInBytes(record.extra, maxExtraBytes)) return reject("too_long", "extra");
    const parsed = parseExtra(record.extra);
    if (parsed === undefined) return reject("invalid_extra", "extra");
    extra = parsed;
  }
  return checkFeedback(record, extra) ?? { ok: true, extra };
};
