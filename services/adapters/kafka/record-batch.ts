// Kafka's record batches (format v2) read and written directly: no long strings, no object per header, no spread.
//
// kafkajs decodes a record through several decoders, 64-bit strings and a header reduce; this reads straight into the
// records that the services get. It also knows where an empty or a hidden batch ends, which kafkajs does not (K13, K14).
import type { LogRecord, OutRecord } from "#adapters/broker-port.ts";
import { codecs } from "./codecs.ts";
import { crc32c } from "./crc32c.ts";

/** Bytes from the start of a batch to its first record. */
const batchOverhead = 61;
/** Bytes before the part that the batch's length field counts. */
const lengthEnd = 12;
const crcStart = 17;
const crcCovers = 21;

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/** A batch as it lies in a fetch response, records not yet decoded. */
export interface BatchView {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1: no producer id. */
  readonly producerId: bigint;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly compression: number;
  /** Set by the broker for the whole batch, or null where each record has its own. */
  readonly appendTime: number | null;
  readonly firstTimestamp: number;
  readonly count: number;
  readonly body: Buffer;
}

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

const int64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);

const viewOf = (bytes: Buffer, at: number, end: number): BatchView => {
  const magic = bytes.readInt8(at + 16);
  if (magic !== 2) throw new Error(`record format v${magic}: only v2 (Kafka 0.11 and later) is read`);
  const attributes = bytes.readInt16BE(at + crcCovers);
  const baseOffset = int64(bytes, at);
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    producerId: bytes.readBigInt64BE(at + 43),
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
    compression: attributes & 0x07,
    appendTime: (attributes & 0x08) === 0 ? null : int64(bytes, at + 35),
    firstTimestamp: int64(bytes, at + 27),
    count: bytes.readInt32BE(at + 57),
    body: bytes.subarray(at + batchOverhead, end),
  };
};

/** The whole batches of a fetch response's record set; a cut one at the end is left for the next fetch. */
export const splitBatches = (set: Buffer): BatchView[] => {
  const views: BatchView[] = [];
  for (let at = 0; at + batchOverhead <= set.length; ) {
    const end = at + lengthEnd + set.readInt32BE(at + 8);
    if (end < at + batchOverhead) throw new Error("a record batch is shorter than its header");
    if (end > set.length) break;
    views.push(viewOf(set, at, end));
    at = end;
  }
  return views;
};

/** A control record's key is version (int16), type (int16); type 0 aborts, 1 commits. */
const isAbortMarker = ({ control, body }: BatchView): boolean => {
  if (!control || body.length === 0) return false;
  const cursor = new Cursor(body);
  cursor.skipToKey();
  return cursor.varint() >= 4 && body.readInt16BE(cursor.at + 2) === 0;
};

/**
 * What a `read_committed` reader may see: no control batches, none of an aborted transaction. Same rule as the Java client:
 * aborted transactions begin in offset order whatever order the broker lists them in, and only a marker of that producer ends one (K12).
 */
export const visibleBatches = (
  batches: readonly BatchView[],
  aborted: readonly AbortedTransaction[] | null | undefined,
): readonly BatchView[] => {
  const waiting = (aborted ?? [])
    .map((one) => ({ producerId: BigInt(one.producerId), firstOffset: Number(one.firstOffset) }))
    .toSorted((a, b) => b.firstOffset - a.firstOffset);
  const open = new Set<bigint>();
  return batches.filter((batch) => {
    for (let next = waiting.at(-1); next !== undefined && next.firstOffset <= batch.lastOffset; next = waiting.at(-1)) {
      open.add(next.producerId);
      waiting.pop();
    }
    if (isAbortMarker(batch)) open.delete(batch.producerId);
    return !batch.control && !(batch.transactional && open.has(batch.producerId));
  });
};

/** Reads varints off a buffer; one object a batch. */
class Cursor {
  at = 0;
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Zigzag, 32 bits. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] as number;
    let raw = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (this.at >= bytes.length || shift > 28) throw new Error("a varint runs past its record");
      byte = bytes[this.at++] as number;
      raw |= (byte & 0x7f) << shift;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Zigzag, up to 64 bits, exact to 2^53. */
  varlong(): number {
    const { bytes } = this;
    let raw = 0;
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      const byte = bytes[this.at++] as number;
      raw += (byte & 0x7f) * scale;
      if (byte < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      scale *= 128;
    }
    throw new Error("a varlong runs past its record");
  }

  /** A copy, so that keeping it pins at most the 8 KiB slab it lies in (K36). */
  copy(length: number): Buffer {
    const start = this.at;
    const end = start + length;
    if (end > this.bytes.length) throw new Error("a field runs past its record");
    this.at = end;
    const copy = Buffer.allocUnsafe(length);
    this.bytes.copy(copy, 0, start, end);
    return copy;
  }

  nullable(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.copy(length);
  }

  text(length: number): string {
    const start = this.at;
    this.at += length;
    return this.bytes.toString("utf8", start, this.at);
  }

  headers(): Readonly<Record<string, string>> {
    const count = this.varint();
    if (count <= 0) return noHeaders;
    // Without a prototype, since a foreign producer may name a header __proto__.
    const headers = Object.create(null) as Record<string, string>;
    for (let i = 0; i < count; i++) {
      const name = this.text(this.varint());
      const length = this.varint();
      headers[name] = length < 0 ? "" : this.text(length);
    }
    return headers;
  }

  /** Over length, attributes, timestamp and offset of a record. */
  skipToKey(): void {
    this.varint();
    this.at++;
    this.varlong();
    this.varint();
  }
}

/** Appends the batch's records from offset `from` on to `into`. */
export const decodeBatch = (batch: BatchView, from: number, into: LogRecord[]): void => {
  const codec = codecs[batch.compression];
  if (batch.compression !== 0 && codec === undefined) throw new Error(`unknown compression ${batch.compression}`);
  const cursor = new Cursor(codec === undefined ? batch.body : codec.decompress(batch.body));
  const { baseOffset, appendTime, firstTimestamp } = batch;
  for (let i = 0; i < batch.count; i++) {
    const end = cursor.varint() + cursor.at;
    if (end <= cursor.at || end > cursor.bytes.length) throw new Error("a record runs past its batch");
    cursor.at++;
    const timestamp = cursor.varlong() + firstTimestamp;
    const offset = baseOffset + cursor.varint();
    if (offset >= from) {
      const key = cursor.nullable();
      const value = cursor.nullable();
      into.push({ offset, appendTs: appendTime ?? timestamp, key, value, headers: cursor.headers() });
    }
    cursor.at = end;
  }
};

export type Outgoing = Pick<OutRecord, "key" | "value" | "headers">;

type Bytes = string | Buffer | null;

/** -1 for null, as it travels. */
const byteLength = (bytes: Bytes): number => {
  if (bytes === null) return -1;
  return typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
};

const varintSize = (value: number): number => {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0;
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x20_0000 ? 3 : raw < 0x1000_0000 ? 4 : 5;
};

const headerSize = (headers: Outgoing["headers"]): number => {
  if (headers === undefined) return 1;
  let count = 0;
  let size = 0;
  for (const name in headers) {
    const bytes = Buffer.byteLength(name);
    const value = Buffer.byteLength(headers[name] as string);
    size += varintSize(bytes) + bytes + varintSize(value) + value;
    count++;
  }
  return size + varintSize(count);
};

/** Bytes of a record after its own length field. */
const bodySize = ({ key, value, headers }: Outgoing, offsetDelta: number): number => {
  const [keyLength, valueLength] = [byteLength(key), byteLength(value)];
  return (
    2 + // attributes, and a timestamp delta of zero
    varintSize(offsetDelta) +
    varintSize(keyLength) +
    Math.max(keyLength, 0) +
    varintSize(valueLength) +
    Math.max(valueLength, 0) +
    headerSize(headers)
  );
};

/** Upper bound of a record's bytes in a batch, for filling batches to a size. */
export const recordSize = (record: Outgoing): number => bodySize(record, 0x7fff_ffff) + 5;

/** Bytes that `writeBatch` will take for these records. */
export const batchSize = (records: readonly Outgoing[]): number => {
  let size = batchOverhead;
  for (let i = 0; i < records.length; i++) {
    const body = bodySize(records[i] as Outgoing, i);
    size += varintSize(body) + body;
  }
  return size;
};

const writeVarint = (into: Buffer, at: number, value: number): number => {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  for (; raw >= 0x80; raw >>>= 7) into[next++] = (raw & 0x7f) | 0x80;
  into[next++] = raw;
  return next;
};

const writeBytes = (into: Buffer, at: number, bytes: Bytes): number => {
  const start = writeVarint(into, at, byteLength(bytes));
  if (bytes === null) return start;
  return start + (typeof bytes === "string" ? into.write(bytes, start) : bytes.copy(into, start));
};

const writeRecord = (into: Buffer, start: number, record: Outgoing, offsetDelta: number): number => {
  const { key, value, headers } = record;
  let at = writeVarint(into, start, bodySize(record, offsetDelta));
  into[at++] = 0;
  into[at++] = 0;
  at = writeVarint(into, at, offsetDelta);
  at = writeBytes(into, at, key);
  at = writeBytes(into, at, value);
  if (headers === undefined) return writeVarint(into, at, 0);
  const names = Object.keys(headers);
  at = writeVarint(into, at, names.length);
  for (const name of names) at = writeBytes(into, writeBytes(into, at, name), headers[name] as string);
  return at;
};

const int64At = (into: Buffer, at: number, value: number): void => {
  into.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  into.writeUInt32BE(value % 0x1_0000_0000, at + 4);
};

/** Writes one uncompressed batch at `start`; returns where it ends. */
export const writeBatch = (into: Buffer, start: number, records: readonly Outgoing[], timestamp: number): number => {
  let end = start + batchOverhead;
  for (let i = 0; i < records.length; i++) end = writeRecord(into, end, records[i] as Outgoing, i);
  into.fill(0, start, start + 16); // offset and leader epoch are the broker's to fill
  into.writeInt32BE(end - start - lengthEnd, start + 8);
  into.writeInt8(2, start + 16);
  into.writeInt16BE(0, start + crcCovers);
  into.writeInt32BE(records.length - 1, start + 23);
  int64At(into, start + 27, timestamp);
  int64At(into, start + 35, timestamp);
  into.fill(0xff, start + 43, start + 57); // no producer id, epoch or sequence: -1 each
  into.writeInt32BE(records.length, start + 57);
  into.writeUInt32BE(crc32c(into, start + crcCovers, end), start + crcStart);
  return end;
};
