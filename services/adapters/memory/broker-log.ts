// The twin's topics: partitions as arrays of records, stamped with append time by an injectable clock.
import type { LogRecord, OutRecord, Partition, RecordBatch, TopicSettings } from "#adapters/broker-port.ts";

/** A hidden offset is one that exists but is never shown: a control record, or one of an aborted transaction. */
type Entry = LogRecord | null;

interface PartitionLog {
  start: number;
  readonly entries: Entry[];
  /** The newest append time: it never goes back, whatever the clock does. */
  lastAppend: number;
}

interface TopicLog {
  readonly settings: TopicSettings;
  readonly partitions: readonly PartitionLog[];
}

/** Records of one partition must fit here together with their batch; as the broker's `message.max.bytes`. */
const defaultMaxBytes = 1_048_588;

export interface MemoryLog {
  readonly topics: Map<string, TopicLog>;
  create(settings: TopicSettings): void;
  has(partition: Partition): boolean;
  /** The topic's largest record, in bytes. */
  maxBytes(topic: string): number;
  append(record: OutRecord): void;
  hide(partition: Partition, count: number): void;
  /** Retention: everything before `start` is gone. */
  truncate(partition: Partition, start: number): void;
  bounds(partition: Partition): { readonly start: number; readonly end: number };
  /** At most `most` offsets from `from` on, or undefined at the end. */
  read(partition: Partition, from: number, most: number): RecordBatch | undefined;
  offsetAt(partition: Partition, time: number): number;
  /** Resolves at the next change of any partition. */
  changed(): Promise<void>;
  wake(): void;
}

const copy = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));

const endOf = (log: PartitionLog): number => log.start + log.entries.length;

/** A copy, as a reader of the real one gets: what it does to it changes nothing here. */
const shown = ({ offset, appendTs, key, value, headers }: LogRecord): LogRecord => ({
  offset,
  appendTs,
  key: copy(key),
  value: copy(value),
  headers,
});

export const createMemoryLog = (clock: () => number): MemoryLog => {
  const topics = new Map<string, TopicLog>();
  let waiters: (() => void)[] = [];

  const logOf = ({ topic, partition }: Partition): PartitionLog => {
    const log = topics.get(topic)?.partitions[partition];
    if (log === undefined) throw new Error(`${topic}:${partition} does not exist`);
    return log;
  };

  const wake = (): void => {
    const woken = waiters;
    waiters = [];
    for (const go of woken) go();
  };

  const stamp = (log: PartitionLog): number => {
    log.lastAppend = Math.max(log.lastAppend, clock());
    return log.lastAppend;
  };

  return {
    topics,
    create: (settings) =>
      void topics.set(settings.topic, {
        settings,
        partitions: Array.from({ length: settings.partitions }, () => ({ start: 0, entries: [], lastAppend: 0 })),
      }),
    has: ({ topic, partition }) => topics.get(topic)?.partitions[partition] !== undefined,
    maxBytes: (topic) => Number(topics.get(topic)?.settings.config["max.message.bytes"] ?? defaultMaxBytes),

    append(record) {
      const log = logOf(record);
      const { key, value, headers } = record;
      log.entries.push({
        offset: endOf(log),
        appendTs: stamp(log),
        key: key === null ? null : Buffer.from(key as string),
        value: copy(value),
        headers: { ...headers },
      });
      wake();
    },
    hide(partition, count) {
      const log = logOf(partition);
      for (let i = 0; i < count; i++) log.entries.push(null);
      wake();
    },
    truncate(partition, start) {
      const log = logOf(partition);
      log.entries.splice(0, start - log.start);
      log.start = start;
    },

    bounds(partition) {
      const log = logOf(partition);
      return { start: log.start, end: endOf(log) };
    },
    read(partition, from, most) {
      const log = logOf(partition);
      const entries = log.entries.slice(from - log.start, from - log.start + most);
      if (entries.length === 0) return undefined;
      return {
        topic: partition.topic,
        partition: partition.partition,
        records: entries.filter((entry) => entry !== null).map(shown),
        firstOffset: from,
        nextPosition: from + entries.length,
        highWatermark: endOf(log),
      };
    },
    offsetAt(partition, time) {
      const log = logOf(partition);
      const index = log.entries.findIndex((entry) => entry !== null && entry.appendTs >= time);
      return index < 0 ? endOf(log) : log.start + index;
    },

    changed: () => new Promise((resolve) => waiters.push(resolve)),
    wake,
  };
};
