// Sends records until every one is acknowledged, in rounds: one request at a time, holding all that waits.
//
// kafkajs's own retry can report success for records it never sent (K1), so it gets none (`retries: 0`); a round is repeated whole
// after any failure, and counts only when the reply names every partition of it. Copies may be written, nothing is lost.
// kafkajs is as silent about a partition that its topic does not have; no waiting brings that one, so what goes there is refused.
import type { Producer as RawProducer, RecordMetadata } from "kafkajs";
import { type OutRecord, type Partition, type Producer, Refused, Retryable } from "#adapters/broker-port.ts";
import { toError } from "#runtime/errors.ts";
import { createOutageLog, type KafkaLog, type KafkaMetrics } from "./client.ts";
import { backOff, pause } from "./deadline.ts";
import { isForbidden, isKnownTransient, isTooLarge, protocolType } from "./errors.ts";
import { createHandle } from "./handle.ts";
import { recordSize } from "./record-batch.ts";

/** Of one partition in one round: half of the broker's default `message.max.bytes` (1,048,588), which counts the whole batch. */
const partitionBytes = 512 * 1024;
const roundRecords = 50_000;
/** The broker answers before kafkajs gives the request up (15 s), and both before we do. */
const ackLimit = 10_000;
const sendLimit = 45_000;
const closeLimit = 10_000;

interface Send {
  readonly records: readonly OutRecord[];
  /** Index of the first record that no round has had acknowledged. */
  next: number;
  /** Resolved, rejected or aborted: not looked at any more. */
  settled: boolean;
  settle(error?: Error): void;
}

interface Round {
  readonly byTopic: Map<string, { readonly messages: OutRecord[]; readonly bytes: number[] }>;
  readonly reached: Map<Send, number>;
  count: number;
}

/** Records in order from the head of the queue, until `most` are taken or a partition is full: order per partition is kept. */
const takeRound = (queue: readonly Send[], most: number): Round => {
  const round: Round = { byTopic: new Map(), reached: new Map(), count: 0 };
  for (const send of queue) {
    let index = send.next;
    for (; index < send.records.length && round.count < most; index++) {
      const record = send.records[index] as OutRecord;
      let topic = round.byTopic.get(record.topic);
      if (topic === undefined) round.byTopic.set(record.topic, (topic = { messages: [], bytes: [] }));
      const bytes = topic.bytes[record.partition] ?? 0;
      const size = recordSize(record);
      if (bytes > 0 && bytes + size > partitionBytes) break;
      topic.bytes[record.partition] = bytes + size;
      topic.messages.push(record);
      round.count++;
    }
    round.reached.set(send, index);
    if (index < send.records.length) break;
  }
  return round;
};

/** Whether the reply acknowledges every partition that the round went to (K1). */
const covers = (
  reply: readonly Pick<RecordMetadata, "topicName" | "partition" | "errorCode">[],
  round: Pick<Round, "byTopic">,
): boolean => {
  const named = new Map<string, Set<number>>();
  for (const { topicName, partition, errorCode } of reply) {
    if (errorCode !== 0) return false;
    named.set(topicName, (named.get(topicName) ?? new Set()).add(partition));
  }
  return [...round.byTopic].every(([topic, { bytes }]) =>
    Object.keys(bytes).every((partition) => named.get(topic)?.has(Number(partition)) === true),
  );
};

/** The broker answered and left partitions out: lost on the way (K1), or partitions that their topic does not have. */
class Incomplete extends Retryable {}

type SendBatch = Pick<RawProducer, "sendBatch">;

const sendRound = async (producer: SendBatch, round: Round): Promise<void> => {
  const topicMessages = [...round.byTopic].map(([topic, { messages }]) => ({ topic, messages }));
  const reply = await producer.sendBatch({ acks: -1, timeout: ackLimit, topicMessages });
  if (!covers(reply, round)) throw new Incomplete("the reply does not name every partition sent to");
};

const advance = ({ reached }: Round): void => {
  for (const [send, index] of reached) {
    send.next = index;
    if (index === send.records.length) send.settle();
  }
};

/**
 * A refusal names no record, and a round mixes many: it is halved until one record stands alone and is refused for certain.
 * Returns the size of the next round.
 */
const narrow = (round: Round, error: unknown): number => {
  if (round.count > 1) return Math.floor(round.count / 2);
  const [send] = [...round.reached].find(([one, index]) => index > one.next) ?? [];
  send?.settle(new Refused(protocolType(error) ?? "refused", { cause: error }));
  return roundRecords;
};

/** A topic that is not listed may be one that the broker has not heard of yet: only a listed one's partitions count as unknown. */
const isUnknown = ({ topic, partition }: Partition, sizes: ReadonlyMap<string, number>): boolean => {
  const size = sizes.get(topic) ?? Number.POSITIVE_INFINITY;
  return !(partition >= 0 && partition < size);
};

/** Refuses every send of the round that names a partition which its topic does not have; says whether there was one. */
const refuseUnknown = ({ reached }: Round, sizes: ReadonlyMap<string, number>): boolean => {
  let found = false;
  for (const send of reached.keys()) {
    const record = send.records.find((one) => isUnknown(one, sizes));
    if (record === undefined) continue;
    found = true;
    send.settle(
      new Refused(`${record.topic} has ${sizes.get(record.topic) ?? 0} partitions, none is ${record.partition}`),
    );
  }
  return found;
};

export interface ProducerPorts {
  /** A fresh client: the first, and after each failure that may have left the last one in a bad state. */
  readonly open: () => Pick<RawProducer, "connect" | "disconnect" | "sendBatch">;
  /** Partition counts of all topics, asked anew: they grow. */
  readonly topics: () => Promise<ReadonlyMap<string, number>>;
  readonly log: KafkaLog;
  readonly metrics?: KafkaMetrics | undefined;
}

export const createProducer = ({ open, topics, log, metrics }: ProducerPorts): Producer => {
  const handle = createHandle(open, log, isKnownTransient);
  const closing = new AbortController();
  const warn = createOutageLog(log, "Kafka does not take records, sending again");
  const failures = metrics?.counter(
    "earshot_kafka_send_failures_total",
    "Requests to Kafka that were not acknowledged, and were sent again",
  );
  let failingSince: number | null = null;
  let queue: Send[] = [];
  let working: Promise<void> | undefined;

  const refuses = async (round: Round): Promise<boolean> => {
    try {
      return refuseUnknown(round, await topics());
    } catch (error) {
      log.debug({ error }, "the topics could not be listed");
      return false;
    }
  };

  const work = async (): Promise<void> => {
    let most = roundRecords;
    for (let attempt = 0; ; ) {
      queue = queue.filter(({ settled }) => !settled);
      if (queue.length === 0) return;
      const round = takeRound(queue, most);
      try {
        await handle.use("sending", sendLimit, (producer) => sendRound(producer, round));
        advance(round);
        most = Math.min(roundRecords, most * 2);
        attempt = 0;
        failingSince = null;
      } catch (error) {
        if (isTooLarge(error) || isForbidden(error)) {
          most = narrow(round, error);
          continue;
        }
        if (error instanceof Incomplete && (await refuses(round))) continue;
        failures?.inc();
        failingSince ??= Date.now();
        warn({ attempt, error: toError(error) });
        await pause(backOff(attempt++), closing.signal);
      }
    }
  };

  const wake = (): void => {
    working ??= work().finally(() => {
      working = undefined;
      if (queue.some(({ settled }) => !settled)) wake();
    });
  };

  return {
    get failingSince() {
      return failingSince;
    },

    send: (records, signal) =>
      new Promise((resolve, reject) => {
        if (closing.signal.aborted) throw new Retryable("the producer is closed");
        signal?.throwIfAborted();
        if (records.length === 0) return resolve();
        const onAbort = (): void => send.settle(toError(signal?.reason));
        const send: Send = {
          records,
          next: 0,
          settled: false,
          settle(error) {
            if (send.settled) return;
            send.settled = true;
            signal?.removeEventListener("abort", onAbort);
            if (error === undefined) resolve();
            else reject(error);
          },
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        queue.push(send);
        wake();
      }),

    /** kafkajs's disconnect does not wait for what is on its way (K38). */
    async [Symbol.asyncDispose]() {
      const ended = new AbortController();
      await Promise.race([working, pause(closeLimit, ended.signal)]);
      ended.abort();
      closing.abort();
      for (const send of queue) send.settle(new Retryable("the producer was closed before the broker answered"));
      await handle[Symbol.asyncDispose]();
    },
  };
};
