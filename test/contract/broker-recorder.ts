// Handlers for a group consumer that write down all they are told, for tests to look at.
import type { Committed, Ctx, GroupHandlers, LogRecord, Partition, RecordBatch } from "#adapters/broker-port.ts";

interface Assigned {
  readonly partition: number;
  readonly committed: Committed;
  readonly ctx: Ctx;
  readonly startedAt: number;
}

export interface Recorder extends GroupHandlers {
  readonly assigned: Assigned[];
  readonly batches: RecordBatch[];
  readonly lost: Partition[];
  /** In the order of arrival, partition by partition. */
  records(partition: number): readonly LogRecord[];
  /** First copies only: a producer may write more, under load even unasked. */
  values(partition: number): readonly string[];
  /** Of the newest epoch. */
  ctx(partition: number): Ctx;
  /** Most handlers of one partition that ever ran at the same time. */
  readonly mostAtOnce: number;
}

export interface RecorderOptions {
  readonly onAssigned?: (partition: Partition, committed: Committed, ctx: Ctx) => Promise<number> | number;
  readonly onBatch?: (batch: RecordBatch, ctx: Ctx) => Promise<void> | void;
  readonly onRelease?: (partition: Partition, ctx: Ctx) => Promise<void>;
}

const text = ({ value }: LogRecord): string => String(value);

export const createRecorder = (options: RecorderOptions = {}): Recorder => {
  const assigned: Assigned[] = [];
  const batches: RecordBatch[] = [];
  const lost: Partition[] = [];
  const running = new Map<number, number>();
  let mostAtOnce = 0;

  const recorder: Recorder = {
    assigned,
    batches,
    lost,
    get mostAtOnce() {
      return mostAtOnce;
    },
    records: (partition) => batches.filter((batch) => batch.partition === partition).flatMap(({ records }) => records),
    values: (partition) => [...new Set(recorder.records(partition).map(text))],
    ctx(partition) {
      const newest = assigned.findLast((one) => one.partition === partition);
      if (newest === undefined) throw new Error(`partition ${partition} was never assigned`);
      return newest.ctx;
    },

    async onAssigned(partition, committed, ctx) {
      const start = await (options.onAssigned?.(partition, committed, ctx) ?? committed.offset ?? committed.logStart);
      assigned.push({ partition: partition.partition, committed, ctx, startedAt: start });
      return start;
    },
    async onBatch(batch, ctx) {
      const now = (running.get(batch.partition) ?? 0) + 1;
      running.set(batch.partition, now);
      mostAtOnce = Math.max(mostAtOnce, now);
      try {
        await options.onBatch?.(batch, ctx);
        batches.push(batch);
      } finally {
        running.set(batch.partition, now - 1);
      }
    },
    onLost: (partition) => void lost.push(partition),
  };
  return options.onRelease === undefined ? recorder : Object.assign(recorder, { onRelease: options.onRelease });
};
