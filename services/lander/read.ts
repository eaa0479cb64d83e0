// What one record of a topic becomes: rows, a reject, nothing, or a wait for its schema. From its bytes and schema alone, never from an outage.
import type { LogRecord, Partition } from "#adapters/broker-port.ts";
import { type Fault, rejectRecord } from "#core/reject.ts";
import type { RejectRecord } from "#schemas/generated/records.ts";
import { isCompacted, type RecordOf, type TopicKind } from "#schemas/topics.ts";
import type { Row, RowMaker } from "./rows.ts";

/** What is known of a record once it was read. */
export type Taken =
  /** One row per table of the topic. */
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  | { readonly kind: "reject"; readonly reject: RejectRecord }
  /** No row, and nothing to say about it on `rejects`. */
  | { readonly kind: "skip" };

export type Reading =
  | Taken
  /** It cannot be read yet: once `ready` resolves, read it again. */
  | { readonly kind: "wait"; readonly ready: () => Promise<void> };

export type Read = (record: LogRecord) => Reading;

/** What the codecs say of a value; their shape, restated. */
export type Decoded<K extends TopicKind> =
  | { readonly kind: "record"; readonly record: RecordOf<K>; readonly schemaId: number }
  | { readonly kind: "reject"; readonly reason: string; readonly schemaId: number | null }
  | { readonly kind: "unresolved"; readonly schemaId: number };

export interface ReadPorts<K extends TopicKind> {
  readonly kind: K;
  readonly partition: Partition;
  readonly codeVersion: string;
  decode(value: Buffer | null): Decoded<K>;
  readonly rowsOf: RowMaker<K>;
  /** Resolves when the schema is known, or definitely unknown; waits out an outage of the registry. */
  resolve(schemaId: number): Promise<void>;
  onSkipped(reason: string): void;
  /** A bad record, whether or not it goes to `rejects`. */
  onRejected(reason: string): void;
}

/**
 * Who says that a record is bad: of `interactions` the detector, which reads them too; of `rejects` nobody, else one bad record
 * there would beget another; of the rest the lander.
 */
const speaks: Readonly<Record<TopicKind, boolean>> = {
  interactions: false,
  signals: true,
  tallies: true,
  late: true,
  rejects: false,
  changes: true,
  incidents: true,
  deliveries: true,
  "alerter-state": false,
};

export interface Reader {
  readonly read: Read;
  /** What becomes of a record with this fault. */
  refuse(record: LogRecord, fault: Fault): Taken;
}

export const createReader = <K extends TopicKind>(ports: ReadPorts<K>): Reader => {
  const { kind, partition, codeVersion, rowsOf } = ports;
  const buries = isCompacted(kind);

  const refuse = (record: LogRecord, fault: Fault): Taken => {
    ports.onRejected(fault.reason);
    return speaks[kind]
      ? { kind: "reject", reject: rejectRecord(record, fault, { ...partition, service: "lander", codeVersion }) }
      : { kind: "skip" };
  };

  const read: Read = (record) => {
    if (buries && record.value === null) {
      ports.onSkipped("tombstone");
      return { kind: "skip" };
    }
    const decoded = ports.decode(record.value);
    if (decoded.kind === "unresolved") return { kind: "wait", ready: () => ports.resolve(decoded.schemaId) };
    if (decoded.kind === "reject") return refuse(record, { ...decoded, field: null });
    const made = rowsOf(decoded.record, record, decoded.schemaId);
    if (made.kind === "rows") return made;
    if (made.kind === "reject") return refuse(record, { ...made, schemaId: decoded.schemaId });
    ports.onSkipped(made.reason);
    return { kind: "skip" };
  };

  return { read, refuse };
};
