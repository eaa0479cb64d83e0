// Reads a stretch of the log again, by position: a pending range after a restart, or the one record whose row was refused.
import type { LogRecord, Partition, PartitionReader } from "#adapters/broker-port.ts";
import { type Limits, openFilling, type Packing, type Range } from "./block.ts";
import type { Bounds } from "./intent.ts";
import type { Persist } from "./persist.ts";
import type { Read, Taken } from "./read.ts";

interface RereadPorts {
  readonly partition: Partition;
  readonly reader: PartitionReader;
  readonly persist: Persist;
  readonly over: AbortSignal;
}

/** The range's bounds were set when it was formed. */
const unlimited: Limits = {
  rows: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  age: 0,
  backlogAge: 0,
  rowlessAge: 0,
  idle: 0,
};

const readThrough = async (read: Read, record: LogRecord): Promise<Taken> => {
  for (;;) {
    const reading = read(record);
    if (reading.kind !== "wait") return reading;
    await reading.ready();
  }
};

/** The same offsets, so the same rows. */
export const rereadRange = (ports: RereadPorts, bounds: Bounds, read: Read, packing: Packing): Promise<Range> => {
  const { reader, partition, over } = ports;
  const [first, last] = bounds;
  return ports.persist("broker", async () => {
    const filling = openFilling(first, packing, unlimited);
    for await (const batch of reader.read(partition, first, last + 1, over))
      for (const record of batch.records) filling.take(record, await readThrough(read, record), 0);
    filling.passTo(last + 1, 0);
    return filling.close();
  });
};

export const rereadRecord = ({ reader, partition, persist, over }: RereadPorts, offset: number): Promise<LogRecord> =>
  persist("broker", async () => {
    for await (const batch of reader.read(partition, offset, offset + 1, over))
      for (const record of batch.records) return record;
    throw new Error(`${partition.topic}:${partition.partition} shows no record at ${offset}, which became a row`);
  });
