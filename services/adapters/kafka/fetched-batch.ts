// One partition's part of a fetch reply, in the shape that kafkajs's runner expects of its own Batch.
import type { LogRecord, RecordBatch } from "#adapters/broker-port.ts";
import { type AbortedTransaction, type BatchView, decodeBatch, visibleBatches } from "./record-batch.ts";

interface PartitionData {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  /** What our replacement of `decodeMessages` returned. */
  readonly messages: readonly BatchView[];
}

/** Bytes that are no record batch, or a compression that does not unpack: the log itself is damaged (K16). */
export class CorruptBatch extends Error {
  override readonly name = "CorruptBatch";
  /** Keeps kafkajs from trying again. */
  readonly retriable = false;
}

export class FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedOffset: number;
  /** Position after it: hidden, compacted and control records included, so that an empty batch is passed over (K13, K14). */
  readonly nextPosition: number;
  readonly lastStableOffset: number;
  readonly records: readonly LogRecord[];
  /** The runner looks for the last of these only to step over a control record, which `nextPosition` already does. */
  readonly messages: readonly never[] = [];
  readonly highWatermark: string;

  constructor(topic: string, fetchedOffset: string, data: PartitionData) {
    this.topic = topic;
    this.partition = data.partition;
    this.highWatermark = data.highWatermark;
    this.fetchedOffset = Number(fetchedOffset);
    this.lastStableOffset = Number(data.lastStableOffset);
    const last = data.messages.at(-1);
    this.nextPosition = Math.max(this.fetchedOffset, last === undefined ? 0 : last.lastOffset + 1);
    this.records = this.decode(data);
  }

  private decode(data: PartitionData): LogRecord[] {
    const records: LogRecord[] = [];
    try {
      for (const batch of visibleBatches(data.messages, data.abortedTransactions))
        if (batch.lastOffset >= this.fetchedOffset) decodeBatch(batch, this.fetchedOffset, records);
    } catch (cause) {
      throw new CorruptBatch(`${this.topic}:${this.partition} from offset ${this.fetchedOffset} is unreadable`, {
        cause,
      });
    }
    return records;
  }

  toRecordBatch(): RecordBatch {
    const { topic, partition, records, fetchedOffset, nextPosition, highWatermark } = this;
    return {
      topic,
      partition,
      records,
      firstOffset: fetchedOffset,
      nextPosition,
      highWatermark: Number(highWatermark),
    };
  }

  /** Handed over whenever it moves the position, even without records, and when it should move it and does not. */
  isEmpty(): boolean {
    return this.nextPosition === this.fetchedOffset && this.lastStableOffset <= this.fetchedOffset;
  }
  isEmptyDueToFiltering(): boolean {
    return false;
  }
  firstOffset(): string {
    return String(this.fetchedOffset);
  }
  lastOffset(): string {
    return String(this.nextPosition - 1);
  }
  offsetLag(): string {
    return String(Number(this.highWatermark) - this.nextPosition);
  }
  offsetLagLow(): string {
    return String(Number(this.highWatermark) - this.fetchedOffset);
  }
}
