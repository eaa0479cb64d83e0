// A tally as it stands in JSON Lines, as `dump` and `replay --tallies` write it or by hand: the offline twin of the alerter reads millions.
import { expectedTime, type Mistake, objectFrom, placeFields, timeFrom } from "./field-json.ts";
import { type TallyRecord, tallyFields } from "./generated/records.ts";
import { strangers } from "./strangers.ts";

export interface TallyLine {
  readonly record: TallyRecord;
  readonly partition: number;
  /** Place in the log; without one, the line's number. */
  readonly offset: number;
  /** When Kafka took it, epoch ms; null: not said. */
  readonly appendedAt: number | null;
}

export type TallyFromJson = TallyLine | Mistake;

type Given = Readonly<Record<string, unknown>>;

const known: ReadonlySet<string> = new Set([...tallyFields, ...placeFields]);

const minuteMs = 60_000;
/** 8-byte hash and 2-byte count. */
const entryBytes = 10;
const maxUsers = 16;

/** Thrown on the way to a record and turned into the answer: checking every field's outcome would cost the common case a third. */
class Wrong extends Error {
  readonly field: string;
  constructor(field: string, why: string) {
    super(why);
    this.field = field;
  }
}

const text = (field: string, value: unknown): string | null => {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return null;
  throw new Wrong(field, "expected a string");
};

const needed = (field: string, value: unknown): string => {
  const given = text(field, value);
  if (given === null) throw new Wrong(field, "missing");
  return given;
};

const whole = (field: string, value: unknown): number | null => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  if (value === undefined || value === null) return null;
  throw new Wrong(field, "expected a whole number");
};

const small = (field: string, value: unknown): number | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && (value | 0) === value) return value;
  throw new Wrong(field, "expected a whole number of 32 bits");
};

const yes = (field: string, value: unknown): boolean | null => {
  if (typeof value === "boolean") return value;
  if (value === undefined || value === null) return null;
  throw new Wrong(field, "expected true or false");
};

const time = (field: string, value: unknown): number | null => {
  if (value === undefined || value === null) return null;
  const read = timeFrom(value);
  if (read === undefined) throw new Wrong(field, expectedTime);
  return read;
};

/** A field that holds JSON: as the text that travels, or as what it says. */
const json = (field: string, value: unknown): string | null =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : text(field, value);

const minuteFrom = (value: unknown): number => {
  const minute = time("minute", value);
  if (minute === null) throw new Wrong("minute", "missing");
  if (minute % minuteMs !== 0) throw new Wrong("minute", "expected the start of a minute");
  return minute;
};

const isHex = (value: string): boolean => value.length % (2 * entryBytes) === 0 && /^[\da-f]*$/i.test(value);

/** Base64 as `dump` writes it, or hex: nothing of either reads as the other, for 40 digits of base64 are never all below "g". */
const usersFromText = (value: string): Buffer | null => {
  if (value === "") return null;
  const hex = isHex(value);
  const bytes = Buffer.from(value, hex ? "hex" : "base64");
  const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
  const sound = hex || bytes.length === (value.length / 4) * 3 - padding;
  if (!sound || bytes.length % entryBytes !== 0 || bytes.length > maxUsers * entryBytes)
    throw new Wrong("users", "expected at most 16 × 10 bytes as base64 or hex, or a number of users");
  return bytes;
};

/** `unfiredHarm`: signals whose harmful trials are those that did not fire. */
const usersFrom = (value: unknown, given: Given, unfiredHarm: ReadonlySet<unknown>): Buffer | null => {
  if (typeof value === "string") return usersFromText(value);
  if (value === undefined || value === null) return null;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw new Wrong("users", "expected at most 16 × 10 bytes as base64 or hex, or a number of users");
  const [trials, fired] = [whole("trials", given["trials"]) ?? 0, whole("fired", given["fired"]) ?? 0];
  return strangers(value, unfiredHarm.has(given["signal_type"]) ? trials - fired : fired, given);
};

/** Progress, ticks and control are about no trials. */
const isControl = (signalType: string): boolean => signalType.startsWith("~");

const counted = (field: string, value: unknown, control: boolean): number => {
  const count = whole(field, value);
  if (count === null && !control) throw new Wrong(field, "missing");
  return count ?? 0;
};

/** In the order of the schema. What travels but need not be written: version and hash of the detector, source partition 0, the line as stamp. */
const recordFrom = (given: Given, line: number, unfiredHarm: ReadonlySet<unknown>): TallyRecord => {
  const signalType = needed("signal_type", given["signal_type"]);
  const control = isControl(signalType);
  return {
    tenant: control ? (text("tenant", given["tenant"]) ?? "~") : needed("tenant", given["tenant"]),
    signal_type: signalType,
    detector_version: text("detector_version", given["detector_version"]) ?? "0",
    config_hash: text("config_hash", given["config_hash"]) ?? "",
    minute: control ? (time("minute", given["minute"]) ?? 0) : minuteFrom(given["minute"]),
    source_partition: small("source_partition", given["source_partition"]) ?? 0,
    trials: counted("trials", given["trials"], control),
    fired: counted("fired", given["fired"], control),
    stamp: whole("stamp", given["stamp"]) ?? line,
    feature: text("feature", given["feature"]),
    segment: text("segment", given["segment"]),
    tier: text("tier", given["tier"]),
    device: text("device", given["device"]),
    locale: text("locale", given["locale"]),
    app_version: text("app_version", given["app_version"]),
    utc_offset_min: small("utc_offset_min", given["utc_offset_min"]),
    prompt_name: text("prompt_name", given["prompt_name"]),
    prompt_version: text("prompt_version", given["prompt_version"]),
    model: text("model", given["model"]),
    model_version: text("model_version", given["model_version"]),
    release: text("release", given["release"]),
    users: usersFrom(given["users"], given, unfiredHarm),
    detector_id: text("detector_id", given["detector_id"]),
    examples: json("examples", given["examples"]),
    shadow: yes("shadow", given["shadow"]),
    source_partitions: small("source_partitions", given["source_partitions"]),
    incarnation: small("incarnation", given["incarnation"]),
    watermark: time("watermark", given["watermark"]),
    volumes: json("volumes", given["volumes"]),
    control: json("control", given["control"]),
  };
};

const strangeField = (given: Given): string | undefined => {
  for (const name in given) if (!known.has(name)) return name;
  return undefined;
};

/** Reads one parsed line, counted from 1. Whether its counts can be true is for the fold to judge. */
export type TallyParser = (line: unknown, number: number) => TallyFromJson;

/** `unfiredHarm`: signals whose harmful trials are those that did not fire; asked where `users` is a mere number. */
export const createTallyParser =
  (unfiredHarm: ReadonlySet<string>): TallyParser =>
  (line, number) => {
    const given = objectFrom(line);
    if (given === undefined) return { field: "", why: "not a JSON object" };
    const strange = strangeField(given);
    if (strange !== undefined) return { field: strange, why: "no such field" };
    try {
      return {
        record: recordFrom(given, number, unfiredHarm),
        partition: small("partition", given["partition"]) ?? 0,
        offset: whole("offset", given["offset"]) ?? number,
        appendedAt: time("appended_at", given["appended_at"]),
      };
    } catch (error) {
      if (error instanceof Wrong) return { field: error.field, why: error.message };
      throw error;
    }
  };
