// Reads a stretch of one partition by position, without a consumer group.
//
// A group of one would work too, but ordinary brokers hold a new group back for 3 s (`group.initial.rebalance.delay.ms`), and a
// recovery reads once per partition. A fetch to the leader needs no membership, no heartbeat and leaves nothing behind.
import { type Partition, type PartitionReader, type RecordBatch, Retryable } from "#adapters/broker-port.ts";
import { AppError } from "#runtime/errors.ts";
import { type KafkaOptions, retry } from "./client.ts";
import { createClusterHandle } from "./cluster.ts";
import { backOff, pause } from "./deadline.ts";
import { isOutage, isPositionLost, toPortError } from "./errors.ts";
import { FetchedBatch } from "./fetched-batch.ts";
import type { BatchView } from "./record-batch.ts";

const fetchLimit = 20_000;
const maxBytes = 1024 * 1024;
/** Empty replies at the log's end, 300 ms each, before a `to` beyond it is called a mistake. */
const patience = 10;

interface FetchReply {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partition: number;
      readonly highWatermark: string;
      readonly lastStableOffset: string;
      readonly abortedTransactions: null;
      readonly messages: readonly BatchView[];
    }[];
  }[];
}

const nameOf = ({ topic, partition }: Partition): string => `${topic}:${partition}`;

export interface KafkaReader extends PartitionReader, AsyncDisposable {}

export const createKafkaReader = (options: KafkaOptions): KafkaReader => {
  const handle = createClusterHandle(options);

  /** One fetch at `position` from whoever leads the partition now. */
  const fetch = ({ topic, partition }: Partition, position: number): Promise<FetchedBatch> =>
    handle.use(`reading ${topic}:${partition}`, fetchLimit, async ({ cluster }) => {
      await cluster.addMultipleTargetTopics([topic]);
      await cluster.refreshMetadataIfNecessary();
      const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
      if (nodeId === undefined) throw new Retryable(`${topic}:${partition} has no leader`);
      const broker = await cluster.findBroker({ nodeId });
      const reply = (await broker.fetch({
        isolationLevel: 1,
        maxWaitTime: 300,
        minBytes: 1,
        maxBytes,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(position), maxBytes }] }],
      })) as FetchReply;
      const data = reply.responses[0]?.partitions[0];
      if (data === undefined) throw new Retryable(`the reply names no ${topic}:${partition}`);
      return new FetchedBatch(topic, String(position), data);
    });

  /** The same with patience: leaders move and brokers restart, but a position that is gone stays gone. */
  const fetchPatiently = async (
    partition: Partition,
    position: number,
    signal?: AbortSignal,
  ): Promise<FetchedBatch> => {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await fetch(partition, position);
      } catch (error) {
        if (isPositionLost(error))
          throw new AppError("position_refused", `${nameOf(partition)} has no offset ${position} any more`, {
            cause: error,
          });
        if (!isOutage(error)) throw error;
        if (attempt >= retry.retries) throw toPortError(`reading ${nameOf(partition)}`, error);
        await pause(backOff(attempt), signal);
      }
    }
  };

  return {
    async *read(partition, from, to, signal) {
      let empty = 0;
      for (let position = from; position < to; ) {
        const fetched = await fetchPatiently(partition, position, signal);
        if (fetched.nextPosition === position) {
          if (++empty < patience || Number(fetched.highWatermark) > position) continue;
          throw new Retryable(`${nameOf(partition)} ends at ${position}, before ${to}`);
        }
        empty = 0;
        const nextPosition = Math.min(fetched.nextPosition, to);
        const batch: RecordBatch = {
          ...fetched.toRecordBatch(),
          records: fetched.nextPosition > to ? fetched.records.filter(({ offset }) => offset < to) : fetched.records,
          nextPosition,
        };
        position = nextPosition;
        yield batch;
      }
    },
    [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
  };
};
