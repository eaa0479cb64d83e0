// The tasks of this process: restored when a partition comes, kept while it may come back, dropped when it has gone elsewhere.
import type { Committed, Ctx, GroupHandlers, LogRecord, Partition, RecordBatch } from "#adapters/broker-port.ts";
import { createLease, type Lease } from "#adapters/lease.ts";
import type { Survives } from "./recovery.ts";
import type { Restored } from "./restore.ts";

export interface PartitionsPorts {
  readonly survives: Survives;
  readonly restore: (partition: Partition, committed: Committed, lease: Lease) => Promise<Restored>;
}

export interface Partitions extends GroupHandlers {
  /** For metrics. */
  live(): Iterable<LivePartition>;
}

export interface LivePartition {
  readonly partition: number;
  readonly watermark: number;
  readonly visits: number;
  /** Records in the log after the last batch. */
  readonly lag: number;
}

interface Holding extends Restored {
  lease: Lease;
  lag: number;
  /** Set while the partition is away. */
  forget: NodeJS.Timeout | undefined;
}

/** As long as a rebalance may take (`rebalanceTimeout`): after it the partition lives elsewhere. */
const keepFor = 60_000;

export const createPartitions = ({ survives, restore }: PartitionsPorts): Partitions => {
  const holdings = new Map<number, Holding>();
  const leases = new Map<number, Lease>();

  const renew = (partition: Partition, ctx: Ctx): Lease => {
    leases.get(partition.partition)?.end();
    const lease = createLease(partition, ctx);
    leases.set(partition.partition, lease);
    return lease;
  };

  const drop = (partition: number): void => {
    clearTimeout(holdings.get(partition)?.forget);
    holdings.delete(partition);
  };

  const restored = async (partition: Partition, committed: Committed, lease: Lease): Promise<Holding> => {
    const made = await lease.hold(() => restore(partition, committed, lease));
    return { ...made, lease, lag: 0, forget: undefined };
  };

  /** One by one, each committed before the next is read, so that the one that kills is known by its offset. */
  const takeCarefully = async ({ task, lease }: Holding, records: readonly LogRecord[]): Promise<void> => {
    for (const record of records) {
      if (!(await lease.hold(() => survives(record, lease.signal)))) task.intake.addSkip(record.offset);
      await task.take({ records: [record], nextPosition: record.offset + 1 }, lease);
    }
  };

  return {
    async onAssigned(partition, committed, ctx) {
      const lease = renew(partition, ctx);
      const kept = holdings.get(partition.partition);
      drop(partition.partition);
      const holding =
        kept?.task.stoodAt(committed) === true
          ? { ...kept, lease, forget: undefined }
          : await restored(partition, committed, lease);
      holdings.set(partition.partition, holding);
      await holding.task.finish(lease);
      return holding.task.position;
    },

    async onBatch(batch: RecordBatch) {
      const holding = holdings.get(batch.partition);
      if (holding === undefined) throw new Error(`${batch.topic}:${batch.partition} has no task`);
      const { task, lease, carefulBelow } = holding;
      if (batch.firstOffset > task.position)
        throw new Error(
          `${batch.topic}:${batch.partition} goes on at ${batch.firstOffset} instead of ${task.position}`,
        );
      const fresh = batch.records.filter(({ offset }) => offset >= task.position);
      const suspect = fresh.filter(({ offset }) => offset < carefulBelow);
      await takeCarefully(holding, suspect);
      const rest = suspect.length === 0 ? fresh : fresh.slice(suspect.length);
      await task.take({ records: rest, nextPosition: batch.nextPosition }, lease);
      holding.lag = batch.highWatermark - batch.nextPosition;
    },

    onLost({ partition }) {
      leases.get(partition)?.end();
      leases.delete(partition);
      const holding = holdings.get(partition);
      if (holding !== undefined) holding.forget = setTimeout(() => drop(partition), keepFor).unref();
    },

    *live() {
      for (const [partition, { task, lag, forget }] of holdings)
        if (forget === undefined)
          yield { partition, lag, watermark: task.engine.watermark, visits: task.engine.visits };
    },
  };
};
