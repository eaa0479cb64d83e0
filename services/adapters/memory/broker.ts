// The in-process twin of Kafka: same port, same promises, every interleaving drawn from a seed, faults to order.
import {
  type Admin,
  type Broker,
  Fenced,
  type OutRecord,
  type Partition,
  type PartitionReader,
  type Producer,
  Refused,
  Retryable,
} from "#adapters/broker-port.ts";
import { topicDifferences } from "#adapters/topic-differences.ts";
import { AppError } from "#runtime/errors.ts";
import { createMemoryConsumer, type MemoryWorld } from "./broker-consumer.ts";
import { type BrokerFaults, createFaultState } from "./broker-faults.ts";
import { createGroup, type Group } from "./broker-group.ts";
import { createMemoryLog } from "./broker-log.ts";
import { createScheduler, type Scheduler } from "./broker-scheduler.ts";

export interface MemoryBrokerOptions {
  /** Same seed and same program: same run. */
  readonly seed?: number;
  /** Stamps records; goes where the test moves it. */
  readonly clock?: () => number;
  /** Largest batch handed over; borders are drawn from 1 to this. */
  readonly maxBatch?: number;
}

export interface MemoryBroker {
  connect(): Broker;
  readonly faults: BrokerFaults;
  readonly scheduler: Scheduler;
  /** Offsets that exist but are never shown, as control records are. */
  hideOffsets(partition: Partition, count: number): void;
  /** Retention: everything before `start` is gone. */
  truncate(partition: Partition, start: number): void;
}

/** A record, its batch and a little more. */
const overhead = 80;

const sizeOf = ({ key, value }: OutRecord): number =>
  overhead + (value?.length ?? 0) + (key === null ? 0 : Buffer.byteLength(key));

const createMemoryProducer = ({ log, scheduler, faults, clock }: MemoryWorld): Producer => {
  let last: Promise<void> = Promise.resolve();
  let closed = false;
  let failingSince: number | null = null;

  const attempt = async (records: readonly OutRecord[]): Promise<boolean> => {
    const { mishap, delay } = faults.next("send");
    await scheduler.turns(1 + delay);
    if (faults.away || mishap === "fail" || !records.every(({ topic }) => log.topics.has(topic))) return false;
    const nowhere = records.find((record) => !log.has(record));
    if (nowhere !== undefined) throw new Refused(`${nowhere.topic} has no partition ${nowhere.partition}`);
    if (records.some((record) => sizeOf(record) > log.maxBytes(record.topic))) throw new Refused("MESSAGE_TOO_LARGE");
    const applied = mishap === "part" ? records.slice(0, Math.ceil(records.length / 2)) : records;
    for (const record of applied) log.append(record);
    if (mishap === "repeat") for (const record of records) log.append(record);
    return mishap !== "part" && mishap !== "drop";
  };

  const send = async (records: readonly OutRecord[], signal: AbortSignal | undefined): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted();
      if (closed) throw new Retryable("the producer is closed");
      const sent = records.length === 0 || (await attempt(records));
      failingSince = sent ? null : (failingSince ?? clock());
      if (sent) return;
    }
  };

  return {
    get failingSince() {
      return failingSince;
    },
    // One after another, so that first copies stay in order.
    send(records, signal) {
      const mine = last.then(() => send(records, signal));
      last = mine.catch(() => undefined);
      return mine;
    },
    async [Symbol.asyncDispose]() {
      const settled = await Promise.race([last.then(() => true), scheduler.turns(1000).then(() => false)]);
      closed = true;
      if (!settled) await last;
    },
  };
};

const createMemoryReader = ({ log, scheduler, maxBatch }: MemoryWorld): PartitionReader => ({
  async *read(partition, from, to, signal) {
    for (let position = from; position < to; ) {
      signal?.throwIfAborted();
      await scheduler.turn();
      const { start, end } = log.bounds(partition);
      if (position < start)
        throw new AppError("position_refused", `${partition.topic}:${partition.partition} has no offset ${position}`);
      if (to > end) throw new Retryable(`${partition.topic}:${partition.partition} ends at ${end}, before ${to}`);
      const batch = log.read(partition, position, Math.min(to - position, scheduler.integer(1, maxBatch)));
      if (batch === undefined) continue;
      position = batch.nextPosition;
      yield batch;
    }
  },
});

interface GroupDirectory {
  of(name: string): Group;
  all(): Iterable<Group>;
}

const createMemoryAdmin = ({ log, scheduler, faults }: MemoryWorld, groups: GroupDirectory): Admin => {
  const perPartition = async <T>(topic: string, look: (partition: Partition) => T): Promise<Map<number, T>> => {
    await scheduler.turn();
    if (faults.away) throw new Retryable("the broker does not answer");
    const count = log.topics.get(topic)?.partitions.length;
    if (count === undefined) throw new Retryable(`topic ${topic} does not exist`);
    return new Map(Array.from({ length: count }, (_, partition) => [partition, look({ topic, partition })]));
  };

  return {
    async topics() {
      await scheduler.turn();
      return new Map([...log.topics].map(([topic, { partitions }]) => [topic, partitions.length]));
    },
    async createTopics(topics) {
      await scheduler.turn();
      const missing = topics.filter(({ topic }) => !log.topics.has(topic));
      for (const topic of missing) log.create(topic);
      log.wake();
      return missing.map(({ topic }) => topic);
    },
    async deleteTopics(topics) {
      await scheduler.turn();
      for (const topic of topics) {
        log.topics.delete(topic);
        for (const group of groups.all()) group.forgetTopic(topic);
      }
    },
    async verifyTopics(topics) {
      await scheduler.turn();
      return topics.flatMap((wanted) => {
        const settings = log.topics.get(wanted.topic)?.settings;
        return topicDifferences(wanted, settings?.partitions, new Map(Object.entries(settings?.config ?? {})));
      });
    },
    committed: (group, topic) =>
      perPartition(topic, (partition) => groups.of(group).committed(partition) ?? { offset: null, metadata: "" }),
    offsets: (topic) => perPartition(topic, (partition) => log.bounds(partition)),
    offsetsAt: (topic, time) => perPartition(topic, (partition) => log.offsetAt(partition, time)),
    async members(group) {
      await scheduler.turn();
      return groups.of(group).size;
    },
    async setCommitted(group, partition, offset, metadata) {
      await scheduler.turn();
      if (groups.of(group).size > 0) throw new Fenced("UNKNOWN_MEMBER_ID");
      groups.of(group).commit(partition, { offset, metadata });
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};

export const createMemoryBroker = (options: MemoryBrokerOptions = {}): MemoryBroker => {
  const { seed = 1, clock = Date.now, maxBatch = 500 } = options;
  const scheduler = createScheduler(seed);
  const log = createMemoryLog(clock);
  const faults = createFaultState(() => log.wake());
  const world: MemoryWorld = { log, scheduler, faults, clock, maxBatch };
  const named = new Map<string, Group>();
  const groups: GroupDirectory = {
    of(name) {
      const group = named.get(name) ?? createGroup(scheduler, (topic) => log.topics.get(topic)?.partitions.length ?? 0);
      named.set(name, group);
      return group;
    },
    all: () => named.values(),
  };
  let members = 0;

  const connect = (): Broker => {
    const stack = new AsyncDisposableStack();
    return {
      consumer: ({ group, topics, fail }) =>
        stack.use(createMemoryConsumer(world, groups.of(group), { id: `member-${++members}`, topics, fail })),
      producer: async () => stack.use(createMemoryProducer(world)),
      reader: () => createMemoryReader(world),
      admin: async () => createMemoryAdmin(world, groups),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  };

  return {
    connect,
    scheduler,
    faults: Object.assign(faults, {
      expireMember: (group: string) => groups.of(group).expireFirst(),
      rejoin: (group: string) => groups.of(group).rejoin(),
    }),
    hideOffsets: (partition, count) => log.hide(partition, count),
    truncate: (partition, start) => log.truncate(partition, start),
  };
};

/** By name, for `memory://name`: processes share Kafka by its address, and so do parts of one process. */
const byName = new Map<string, MemoryBroker>();

export const memoryBroker = (name: string): MemoryBroker => {
  const broker = byName.get(name) ?? createMemoryBroker();
  byName.set(name, broker);
  return broker;
};
