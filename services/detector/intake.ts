// Judges one record of the log: an event to fold, a tick, a record for another partition, a reject, or one whose schema is awaited.
import type { LogRecord, Partition } from "#adapters/broker-port.ts";
import type { Incoming } from "#core/engine-port.ts";
import { tickType } from "#core/interaction.ts";
import { partitionFor } from "#core/partition.ts";
import type { Fault } from "#core/reject.ts";
import { countedAppendTs, rekeyedHeader } from "#core/rekeyed.ts";
import type { EngineSettings } from "#core/settings.ts";
import { validateInteraction } from "#core/validate.ts";
import { AppError } from "#runtime/errors.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";

/** What the codecs say of a value; their shape, restated. */
export type Decoded =
  | { readonly kind: "record"; readonly record: InteractionRecord; readonly schemaId: number }
  | { readonly kind: "reject"; readonly reason: string; readonly schemaId: number | null }
  | { readonly kind: "unresolved"; readonly schemaId: number };

export type Reading =
  | { readonly kind: "event"; readonly record: LogRecord; readonly incoming: Incoming }
  | { readonly kind: "tick"; readonly appendTs: number; readonly offset: number }
  /** Lies in another partition than its session's. */
  | { readonly kind: "misplaced"; readonly record: LogRecord; readonly interaction: InteractionRecord }
  | { readonly kind: "reject"; readonly record: LogRecord; readonly fault: Fault }
  /** `certain`: a record was read with this schema before, so "unknown" is no answer either. */
  | { readonly kind: "unresolved"; readonly schemaId: number; readonly certain: boolean };

export interface IntakeOptions extends Partition {
  /** How many partitions the topic has. */
  readonly partitions: number;
  readonly settings: EngineSettings;
  readonly decode: (value: Buffer | null) => Decoded;
  /** Position up to which everything was decided before; a recovery must decide alike. */
  readonly decidedBelow: number;
  /** Per schema id the first offset whose record could be read with it; undefined: nobody kept it. */
  readonly known: ReadonlyMap<number, number> | undefined;
  /** Offsets whose records kill the process. */
  readonly skip: readonly number[];
}

export interface Intake {
  read(record: LogRecord): Reading;
  /** Later offsets that turned out to kill the process. */
  addSkip(offset: number): void;
  readonly known: ReadonlyMap<number, number>;
  readonly skip: readonly number[];
}

/** The broker's default `message.max.bytes` less room for key, header and batch: a copy above it could not be written. */
const maxCopyBytes = 1_000_000;

/** Within one horizon; that many fit into the commit metadata. */
const maxSkips = 200;

const reject = (
  record: LogRecord,
  reason: string,
  schemaId: number | null = null,
  field: string | null = null,
): Reading => ({ kind: "reject", record, fault: { reason, field, schemaId } });

export const createIntake = (options: IntakeOptions): Intake => {
  const { topic, partition, partitions, settings, decode, decidedBelow } = options;
  const known = new Map(options.known);
  const skip = new Set(options.skip);

  /**
   * A record was rejected while its schema was unknown, and stays so when a replay meets it after the schema was registered:
   * what decided then is kept in `known`, not asked again (contracts.md 9).
   */
  const wasUnknown = (schemaId: number, offset: number): boolean => {
    const since = known.get(schemaId);
    if (since !== undefined) return offset < since;
    return offset < decidedBelow && options.known !== undefined;
  };

  /** The partition, not the key, decides: keys may be hashed otherwise by the producer's library. */
  const isMisplaced = (session: string): boolean => session !== "" && partitionFor(session, partitions) !== partition;

  const place = (record: LogRecord, event: InteractionRecord, schemaId: number): Reading => {
    const appendTs = countedAppendTs(record, topic);
    if (appendTs === undefined) return reject(record, "invalid_header", schemaId, rekeyedHeader);
    if (!isMisplaced(event.session_id))
      return { kind: "event", record, incoming: { interaction: event, offset: record.offset, appendTs, schemaId } };

    // Another partition's engine would judge the copy alike; here the original is still at hand.
    const verdict = validateInteraction(event, appendTs, settings);
    if (!verdict.ok) return reject(record, verdict.reason, schemaId, verdict.field);
    if (rekeyedHeader in record.headers) return reject(record, "second_hop", schemaId, rekeyedHeader);
    if ((record.value?.length ?? 0) > maxCopyBytes) return reject(record, "oversized", schemaId);
    return { kind: "misplaced", record, interaction: event };
  };

  return {
    known,
    get skip() {
      return [...skip];
    },
    addSkip(offset) {
      if (skip.size >= maxSkips)
        throw new AppError("failed", `${topic}:${partition} has over ${maxSkips} records that kill their reader`, {
          cure: "They are listed in the group's commit metadata and on rejects; look at them before going on.",
        });
      skip.add(offset);
    },

    read(record) {
      const { offset } = record;
      if (skip.size > 0 && skip.has(offset)) return reject(record, "kills_reader");

      const decoded = decode(record.value);
      const { schemaId } = decoded;
      if (decoded.kind === "record") {
        if (wasUnknown(decoded.schemaId, offset)) return reject(record, "unknown_schema", schemaId);
        if (!known.has(decoded.schemaId)) known.set(decoded.schemaId, offset);
        if (decoded.record.type === tickType) return { kind: "tick", appendTs: record.appendTs, offset };
        return place(record, decoded.record, decoded.schemaId);
      }

      const reason = decoded.kind === "reject" ? decoded.reason : "unknown_schema";
      if (schemaId === null || reason !== "unknown_schema" || wasUnknown(schemaId, offset))
        return reject(record, reason, schemaId);
      const certain = known.has(schemaId);
      if (certain || decoded.kind === "unresolved") return { kind: "unresolved", schemaId, certain };
      return reject(record, reason, schemaId);
    },
  };
};
