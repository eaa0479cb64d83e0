// The tasks of this process: restored when a partition comes, kept while it may come back, dropped when it has gone elsewhere.
import type { Committed, Ctx, GroupHandlers, Partition, RecordBatch } from "#adapters/broker-port.ts";
import { createLease, type Lease } from "#adapters/lease.ts";
import type { Task } from "./task.ts";

export interface PartitionsPorts {
  readonly restore: (where: Partition, committed: Committed, lease: Lease) => Promise<Task>;
  /** Reads what others said meanwhile, for a task that was kept. */
  readonly catchUp: (signal: AbortSignal) => Promise<void>;
  /** From now on this process delivers for the partition, until `lost`. */
  readonly gained: (partition: number, lease: Lease, task: Task) => void;
  readonly lost: (partition: number) => void;
}

export interface LivePartition {
  readonly partition: number;
  readonly task: Task;
  /** Records in the log after the last batch. */
  readonly lag: number;
}

export interface Partitions extends GroupHandlers {
  live(): Iterable<LivePartition>;
}

interface Holding {
  readonly task: Task;
  lease: Lease;
  lag: number;
  /** Set while the partition is away. */
  forget: NodeJS.Timeout | undefined;
}

/** As long as a rebalance may take (`rebalanceTimeout`): after it the partition lives elsewhere. */
const keepFor = 60_000;

export const createPartitions = ({ restore, catchUp, gained, lost }: PartitionsPorts): Partitions => {
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

  const taskFor = async (where: Partition, committed: Committed, lease: Lease): Promise<Task> => {
    const kept = holdings.get(where.partition)?.task;
    drop(where.partition);
    if (kept?.stoodAt(committed) !== true) return lease.hold(() => restore(where, committed, lease));
    await lease.hold(() => catchUp(lease.signal));
    return kept;
  };

  return {
    async onAssigned(where, committed, ctx) {
      const lease = renew(where, ctx);
      const task = await taskFor(where, committed, lease);
      holdings.set(where.partition, { task, lease, lag: 0, forget: undefined });
      await task.finish(lease);
      gained(where.partition, lease, task);
      return task.position;
    },

    async onBatch(batch: RecordBatch) {
      const holding = holdings.get(batch.partition);
      if (holding === undefined) throw new Error(`${batch.topic}:${batch.partition} has no task`);
      if (batch.firstOffset > holding.task.position)
        throw new Error(
          `${batch.topic}:${batch.partition} goes on at ${batch.firstOffset} instead of ${holding.task.position}`,
        );
      await holding.task.take(batch, holding.lease);
      holding.lag = batch.highWatermark - batch.nextPosition;
    },

    onLost({ partition }) {
      leases.get(partition)?.end();
      leases.delete(partition);
      lost(partition);
      const holding = holdings.get(partition);
      if (holding !== undefined) holding.forget = setTimeout(() => drop(partition), keepFor).unref();
    },

    *live() {
      for (const [partition, { task, lag, forget }] of holdings)
        if (forget === undefined) yield { partition, task, lag };
    },
  };
};
