// A member of a consumer group over kafkajs: epochs, explicit starts and commits, nothing committed that was not asked for.
//
// joining     beforeJoin (hardening): let handlers finish, then epoch + 1: every earlier ctx is dead
// joined      GROUP_JOIN, synchronously: pause all (K11), onLost for what went away
// assigned    per partition: committed offset and log bounds, onAssigned, seek, resume
// running     eachBatch only checks the position and queues; the feed hands over
// crashed     an outage: a fresh client object joins again, for as long as it lasts; anything else: fail (K17, K18)
import type { Consumer, EachBatchPayload } from "kafkajs";
import {
  type Committed,
  type Ctx,
  checkCommit,
  Fenced,
  type GroupConsumer,
  type GroupHandlers,
  type Partition,
  Retryable,
} from "#adapters/broker-port.ts";
import type { Owned } from "#adapters/sticky-assignment.ts";
import { AppError, toError } from "#runtime/errors.ts";
import { createKafkaAdminPort } from "./admin.ts";
import { stickyAssigner } from "./assigner.ts";
import {
  connectLimit,
  createKafkaConsumer,
  createOutageLog,
  discard,
  heartbeatInterval,
  type KafkaOptions,
} from "./client.ts";
import { backOff, pause, within } from "./deadline.ts";
import { fatalError, isFenced, protocolType, toPortError } from "./errors.ts";
import type { FetchedBatch } from "./fetched-batch.ts";
import { type GroupMember, kafkajs, type Membership } from "./hardening.ts";
import { createPartitionFeed, type PartitionFeed } from "./partition-feed.ts";

const commitLimit = 15_000;
/** What handlers get to finish before a re-join or a leave; the group waits 60 s (`rebalanceTimeout`). */
const releaseLimit = 5000;
/** How long a rebalance is kept from a handler that could still finish. */
const rebalancePatience = 15_000;
/** kafkajs can stop without any event (K19 to K21); all it does shows itself within seconds, a join within half a minute. */
const silenceLimit = 45_000;
const concurrency = 16;

export interface GroupConsumerOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly fail: (error: Error) => void;
}

const keyOf = ({ topic, partition }: Partition): string => `${topic}:${partition}`;

export const createGroupConsumer = (
  options: KafkaOptions,
  { group, topics, fail }: GroupConsumerOptions,
): GroupConsumer => {
  const { log, metrics } = options;
  const warn = createOutageLog(log, "the consumer lost Kafka and joins again");
  const joins = metrics?.counter("earshot_kafka_joins_total", "Times the consumer joined its group");
  const restarts = metrics?.counter(
    "earshot_kafka_consumer_restarts_total",
    "Times the consumer began again with a fresh client, after an outage",
  );
  const skipped = metrics?.counter(
    "earshot_kafka_skipped_offsets_total",
    "Offsets stepped over because the broker never delivered them",
  );
  const admin = createKafkaAdminPort(options);
  const closing = new AbortController();
  let handlers: GroupHandlers | undefined;
  let epoch = 0;
  let feeds = new Map<string, PartitionFeed>();
  let owned: Owned = {};
  let consumer: Consumer | undefined;
  let member: GroupMember | undefined;
  let memberId: string | null = null;
  let joined = false;
  let lastHeartbeat = Date.now();
  let lastAnswer = lastHeartbeat;
  let rebalancingSince: number | undefined;
  const firstJoin = Promise.withResolvers<void>();
  let supervision: Promise<void> = Promise.resolve();

  const told = (): GroupHandlers => {
    if (handlers === undefined) throw new Error("the consumer was not run");
    return handlers;
  };

  const beat = (): void => {
    lastHeartbeat = Date.now();
  };

  /** Fetches do not count: kafkajs reports one too when all partitions are paused and it has asked nobody. */
  const answered = (): void => {
    beat();
    lastAnswer = lastHeartbeat;
  };

  /** A bug or a refusal: nothing more is handed over, and the process is told to end. */
  const giveUp = (error: Error): void => {
    if (closing.signal.aborted) return;
    expire();
    fail(error);
  };

  const expire = (): void => {
    epoch++;
  };

  // --- what a handler may do -------------------------------------------------------------------------------------------------

  const createCtx = (partition: Partition, feedOf: () => PartitionFeed | undefined): Ctx => {
    const mine = epoch;
    const check = (): GroupMember => {
      if (epoch !== mine || member === undefined) throw new Fenced(`${keyOf(partition)} was lost`);
      return member;
    };
    return {
      get live() {
        return epoch === mine;
      },
      async commit(position, metadata) {
        checkCommit(position, metadata);
        const { topic } = partition;
        const partitions = [{ partition: partition.partition, offset: String(position), metadata }];
        try {
          // The check and kafkajs's own reading of its generation happen in one synchronous stretch (K42).
          await within(commitLimit, "committing", check().commitOffsets({ topics: [{ topic, partitions }] }));
        } catch (error) {
          throw toPortError(`committing ${keyOf(partition)}`, error);
        }
        answered();
      },
      async heartbeat() {
        const current = check();
        feedOf()?.beat();
        try {
          await within(commitLimit, "heartbeat", current.heartbeat({ interval: heartbeatInterval }));
        } catch (error) {
          // Not reaching the broker says nothing of who owns the partition.
          if (!isFenced(error)) return log.debug({ group, error }, "a heartbeat was not answered");
          if (protocolType(error) !== "REBALANCE_IN_PROGRESS") throw toPortError("heartbeat", error);
          // Until the re-join this member still owns the partition and may finish: a batch takes milliseconds, a recovery minutes.
          rebalancingSince ??= Date.now();
          if (Date.now() - rebalancingSince > rebalancePatience)
            throw new Fenced(`the group waits for ${keyOf(partition)}`, { cause: error });
        }
      },
    };
  };

  // --- assignment ------------------------------------------------------------------------------------------------------------

  const committedOf = async ({ topic, partition }: Partition): Promise<Committed> => {
    const [committed, offsets] = await Promise.all([admin.committed(group, topic), admin.offsets(topic)]);
    const bounds = offsets.get(partition);
    if (bounds === undefined) throw new Retryable(`${topic}:${partition} has no leader yet`);
    const { offset = null, metadata = "" } = committed.get(partition) ?? {};
    return { offset, metadata, logStart: bounds.start, end: bounds.end };
  };

  /** Bounds are read again: a recovery may have taken minutes, and a start outside the log would be replaced by another (K26). */
  const checkedStart = async (partition: Partition, start: number): Promise<number> => {
    const bounds = (await admin.offsets(partition.topic)).get(partition.partition);
    if (bounds === undefined) throw new Retryable(`${keyOf(partition)} has no leader`);
    if (start >= bounds.start && start <= bounds.end) return start;
    throw new AppError(
      "position_refused",
      `${keyOf(partition)} must be read from ${start}, but its log spans ${bounds.start} to ${bounds.end}`,
      {
        cure: "Retention took records that were still needed, or the topic was made anew; see how it recovers in the README.",
      },
    );
  };

  /** While kafkajs crashes it refuses these calls; then all is assigned anew and they no longer matter. */
  const steer = (call: (running: Consumer) => void): void => {
    if (consumer === undefined) return;
    try {
      call(consumer);
    } catch (error) {
      log.debug({ group, error }, "the consumer is not running");
    }
  };

  const seek = ({ topic, partition }: Partition, position: number): void =>
    steer((running) => running.seek({ topic, partition, offset: String(position) }));

  const assign = async (feed: PartitionFeed): Promise<void> => {
    const { partition, ctx } = feed;
    for (let attempt = 0; ctx.live; attempt++) {
      feed.beat();
      try {
        const start = await told().onAssigned(partition, await committedOf(partition), ctx);
        const checked = await checkedStart(partition, start);
        if (!ctx.live) return;
        seek(partition, checked);
        return feed.start(checked);
      } catch (error) {
        if (error instanceof Fenced || !ctx.live) return;
        if (!(error instanceof Retryable)) return giveUp(toError(error));
        log.debug({ ...partition, attempt, error }, "assignment waits");
        await pause(backOff(attempt), closing.signal);
      }
    }
  };

  /** What was last begun for a partition, whatever epoch or client it belonged to: nothing new begins before it has ended. */
  const latest = new Map<string, { readonly feed: PartitionFeed; readonly assigned: Promise<void> }>();

  const assignInTurn = (feed: PartitionFeed): void => {
    const key = keyOf(feed.partition);
    const before = latest.get(key);
    const inTurn = async (): Promise<void> => {
      await before?.assigned;
      await before?.feed.drain();
      await assign(feed);
    };
    latest.set(key, { feed, assigned: inTurn() });
  };

  const createFeed = (partition: Partition): PartitionFeed => {
    const feed: PartitionFeed = createPartitionFeed({
      partition,
      ctx: createCtx(partition, () => feed),
      onBatch: (batch, ctx) => told().onBatch(batch, ctx),
      setPaused: (paused) => {
        // A feed of an earlier epoch must not stop its successor.
        if (feeds.get(keyOf(partition)) !== feed) return;
        const target = [{ topic: partition.topic, partitions: [partition.partition] }];
        steer((running) => (paused ? running.pause(target) : running.resume(target)));
      },
      fail: giveUp,
    });
    return feed;
  };

  /** Runs synchronously in kafkajs's GROUP_JOIN: it fetches right after. */
  const onJoined = (assignment: Readonly<Record<string, readonly number[]>>): void => {
    expire();
    joined = true;
    rebalancingSince = undefined;
    answered();
    const partitions = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    const all = Object.entries(assignment).map(([topic, numbers]) => ({ topic, partitions: [...numbers] }));
    steer((running) => running.pause(all));
    const before = feeds;
    feeds = new Map(partitions.map((partition) => [keyOf(partition), createFeed(partition)]));
    for (const [key, { partition }] of before) if (!feeds.has(key)) handlers?.onLost(partition);
    for (const feed of feeds.values()) assignInTurn(feed);
    joins?.inc();
    log.info({ group, partitions: [...feeds.keys()] }, "joined the group");
    firstJoin.resolve();
  };

  const release = async (feed: PartitionFeed): Promise<void> => {
    await feed.drain();
    if (feed.ctx.live) await handlers?.onRelease?.(feed.partition, feed.ctx);
  };

  /** Lets handlers finish while their commits still count; what takes longer is fenced. */
  const releaseAll = async (): Promise<void> => {
    const released = Promise.allSettled([...feeds.values()].map(release));
    await within(releaseLimit, "finishing before leaving the group", released).catch(() => undefined);
    const positions: Record<string, Record<number, number>> = {};
    for (const { partition, position } of feeds.values())
      (positions[partition.topic] ??= {})[partition.partition] = Number.isNaN(position) ? 0 : position;
    owned = positions;
  };

  const membership: Membership = {
    async beforeJoin(joining) {
      await releaseAll();
      expire();
      joined = false;
      // A fresh client goes on as the member that the last one was: as another, it would wait until that one's session ends (15 s).
      if (joining !== member) joining.memberId ??= memberId;
      member = joining;
    },
  };

  const loseAll = (): void => {
    expire();
    joined = false;
    member = undefined;
    const lost = feeds;
    feeds = new Map();
    for (const { partition } of lost.values()) handlers?.onLost(partition);
  };

  // --- batches ---------------------------------------------------------------------------------------------------------------

  /** Nothing is thrown here: an exception would stop or restart the whole consumer (K17, K18). */
  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const fetched = payload.batch as unknown as FetchedBatch;
    const { topic, partition } = fetched;
    beat();
    const feed = feeds.get(keyOf(fetched));
    if (feed === undefined || payload.isStale()) return;
    const { position } = feed;
    switch (feed.judge(fetched)) {
      case "nothing":
        return;
      case "stray":
        // Dropping it is always safe: kafkajs has not moved and fetches again.
        return seek(fetched, position);
      case "gap":
        return giveUp(new Error(`${keyOf(fetched)}: fetched from ${fetched.fetchedOffset} instead of ${position}`));
      case "stuck":
        log.warn({ topic, partition, position }, "stepped over an offset that cannot be read");
        skipped?.inc();
        payload.resolveOffset(String(position));
        return feed.push({ ...fetched.toRecordBatch(), nextPosition: position + 1 });
      case "next":
        payload.resolveOffset(String(fetched.nextPosition - 1));
        return feed.push(fetched.toRecordBatch());
    }
  };

  // --- the client object and its end -----------------------------------------------------------------------------------------

  /** Joins and runs until the client crashes; resolves with the error. */
  const runOnce = async (): Promise<unknown> => {
    const mine = createKafkaConsumer(options, {
      group,
      assigners: [stickyAssigner(membership, () => owned), kafkajs.PartitionAssigners.roundRobin],
    });
    consumer = mine;
    const crashed = new Promise<unknown>((resolve) =>
      mine.on(mine.events.CRASH, ({ payload }) => resolve(payload.error)),
    );
    const silent = Promise.withResolvers<unknown>();
    const watch = setInterval(() => {
      if (Date.now() - lastHeartbeat > silenceLimit) silent.resolve(new Retryable("kafkajs shows no sign of life"));
    }, silenceLimit / 10);
    beat();
    mine.on(mine.events.GROUP_JOIN, ({ payload }) => {
      ({ memberId } = payload);
      onJoined(payload.memberAssignment);
    });
    mine.on(mine.events.HEARTBEAT, answered);
    mine.on(mine.events.FETCH, beat);
    try {
      await within(connectLimit, "connecting to Kafka", mine.connect());
      await within(connectLimit, "subscribing", mine.subscribe({ topics: [...topics], fromBeginning: true }));
      const running = mine.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch,
      });
      // `run` resolves after the first join, which may take a minute, or after a crash in it.
      return await Promise.race([running.then(() => crashed), silent.promise, stopped]);
    } catch (error) {
      return error;
    } finally {
      clearInterval(watch);
      loseAll();
      await discard(mine, log);
    }
  };

  const stopped = new Promise<undefined>((resolve) => {
    closing.signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

  const supervise = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      const since = Date.now();
      const error = await runOnce();
      if (closing.signal.aborted) return;
      const fatal = fatalError(error, group, topics);
      if (fatal !== undefined) return giveUp(fatal);
      // A client that ran for a while and then failed starts the back-off over.
      if (Date.now() - since > 60_000) attempt = 0;
      beat();
      restarts?.inc();
      warn({ group, attempt, error: toError(error) });
      await pause(backOff(attempt), closing.signal);
    }
  };

  return {
    run(given) {
      handlers = given;
      supervision = supervise().finally(firstJoin.resolve);
      return firstJoin.promise;
    },
    pause: (partition) => feeds.get(keyOf(partition))?.hold("user"),
    resume: (partition) => feeds.get(keyOf(partition))?.release("user"),
    activity() {
      const now = Date.now();
      const all = [...feeds.values()];
      const where = (is: (feed: PartitionFeed) => boolean) => all.filter(is).map(({ partition }) => partition);
      return {
        lastHeartbeat,
        lastAnswer,
        joined,
        assigned: where(() => true),
        recovering: where(({ position }) => Number.isNaN(position)),
        stalled: where((feed) => feed.isStalled(now)),
      };
    },
    async [Symbol.asyncDispose]() {
      if (joined) await releaseAll();
      closing.abort();
      await supervision;
      await admin[Symbol.asyncDispose]();
    },
  };
};
