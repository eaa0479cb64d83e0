// A member of one of the twin's consumer groups: the same promises as the real one, batch borders drawn from the seed.
import {
  type Ctx,
  checkCommit,
  Fenced,
  type GroupConsumer,
  type GroupHandlers,
  type Partition,
  type RecordBatch,
  Retryable,
} from "#adapters/broker-port.ts";
import type { Owned } from "#adapters/sticky-assignment.ts";
import { AppError, toError } from "#runtime/errors.ts";
import type { FaultState } from "./broker-faults.ts";
import type { Group, Member } from "./broker-group.ts";
import type { MemoryLog } from "./broker-log.ts";
import type { Scheduler } from "./broker-scheduler.ts";

export interface MemoryWorld {
  readonly log: MemoryLog;
  readonly scheduler: Scheduler;
  readonly faults: FaultState;
  readonly clock: () => number;
  /** Largest batch handed over, in offsets. */
  readonly maxBatch: number;
}

interface Feed {
  readonly partition: Partition;
  readonly ctx: Ctx;
  /** NaN until it is assigned. */
  position: number;
  paused: boolean;
  /** No further batch begins. */
  ended: boolean;
  /** The handler that runs now, or the last one that ran. */
  running: Promise<void>;
}

const keyOf = ({ topic, partition }: Partition): string => `${topic}:${partition}`;

export const createMemoryConsumer = (
  world: MemoryWorld,
  group: Group,
  options: { readonly id: string; readonly topics: readonly string[]; readonly fail: (error: Error) => void },
): GroupConsumer => {
  const { log, scheduler, faults } = world;
  let handlers: GroupHandlers | undefined;
  let epoch = 0;
  let generation = 0;
  let rejoins = 0;
  let memberId = options.id;
  let joined = false;
  let lastAnswer = world.clock();
  let closed = false;
  let feeds = new Map<string, Feed>();
  const firstJoin = Promise.withResolvers<void>();

  const told = (): GroupHandlers => {
    if (handlers === undefined) throw new Error("the consumer was not run");
    return handlers;
  };

  const expire = (): void => {
    epoch++;
    log.wake();
  };

  const giveUp = (error: Error): void => {
    if (closed) return;
    expire();
    options.fail(error);
  };

  const createCtx = (partition: Partition): Ctx => {
    const mine = epoch;
    const identity = { id: memberId, generation };
    const check = (): void => {
      if (epoch !== mine) throw new Fenced(`${keyOf(partition)} was lost`);
    };
    return {
      get live() {
        return epoch === mine;
      },
      async commit(position, metadata) {
        checkCommit(position, metadata);
        check();
        const { mishap, delay } = faults.next("commit");
        await scheduler.turns(1 + delay);
        if (faults.away || mishap === "fail") throw new Retryable("the broker does not answer");
        group.check(identity.id, identity.generation);
        group.commit(partition, { offset: position, metadata });
        if (mishap === "drop") throw new Retryable("the reply was lost");
        await scheduler.turn();
      },
      async heartbeat() {
        check();
        await scheduler.turn();
        group.check(identity.id, identity.generation);
      },
    };
  };

  /** Repeats `work` while it throws Retryable. Returns false when the feed must stop. */
  const persist = async (feed: Feed, work: () => Promise<void>): Promise<boolean> => {
    while (feed.ctx.live) {
      try {
        await work();
        return true;
      } catch (error) {
        if (error instanceof Retryable) {
          await scheduler.turn();
          continue;
        }
        feed.ended = true;
        if (!(error instanceof Fenced) && feed.ctx.live) giveUp(toError(error));
        return false;
      }
    }
    return false;
  };

  const assign = async (feed: Feed): Promise<void> => {
    const { partition, ctx } = feed;
    const { delay, mishap } = faults.next("fetchOffsets");
    await scheduler.turns(1 + delay);
    if (faults.away || mishap !== undefined) throw new Retryable("the broker does not answer");
    if (!log.has(partition)) throw new AppError("missing_topic", `topic ${partition.topic} does not exist`);
    const { offset = null, metadata = "" } = group.committed(partition) ?? {};
    const { start: logStart, end } = log.bounds(partition);
    const start = await told().onAssigned(partition, { offset, metadata, logStart, end }, ctx);
    const bounds = log.bounds(partition);
    if (start < bounds.start || start > bounds.end)
      throw new AppError("position_refused", `${keyOf(partition)} must be read from ${start}`);
    feed.position = start;
  };

  /** The next batch, or undefined when there is none now. */
  const fetch = (feed: Feed): RecordBatch | undefined =>
    feed.paused || faults.away
      ? undefined
      : log.read(feed.partition, feed.position, scheduler.integer(1, world.maxBatch));

  const deliver = async (feed: Feed): Promise<void> => {
    while (feed.ctx.live && !feed.ended) {
      await scheduler.turn();
      if (!feed.ctx.live || feed.ended) return;
      const batch = fetch(feed);
      if (batch === undefined) {
        await log.changed();
        continue;
      }
      const handled = persist(feed, () => told().onBatch(batch, feed.ctx));
      feed.running = handled.then(() => undefined);
      if (await handled) feed.position = batch.nextPosition;
    }
  };

  /** Ends when the feed's epoch has, and its last handler. */
  const runFeed = async (feed: Feed): Promise<void> => {
    const assigned = persist(feed, () => assign(feed));
    feed.running = assigned.then(() => undefined);
    if (!(await assigned)) return;
    try {
      await deliver(feed);
    } catch (error) {
      giveUp(toError(error));
    }
  };

  /** What was last begun for a partition, whatever epoch it belonged to: nothing new begins before it has ended. */
  const latest = new Map<string, Promise<void>>();

  const runInTurn = (key: string, feed: Feed): void => {
    latest.set(
      key,
      (latest.get(key) ?? Promise.resolve()).then(() => runFeed(feed)),
    );
  };

  const release = async (feed: Feed): Promise<void> => {
    feed.ended = true;
    log.wake();
    await feed.running;
    if (feed.ctx.live) await told().onRelease?.(feed.partition, feed.ctx);
  };

  const releaseAll = async (): Promise<void> => {
    await Promise.allSettled([...feeds.values()].map(release));
  };

  const lose = (kept: ReadonlyMap<string, unknown>): void => {
    for (const [key, { partition }] of feeds) if (!kept.has(key)) told().onLost(partition);
  };

  const owned = (): Owned => {
    const found: Record<string, Record<number, number>> = {};
    for (const { partition, position } of feeds.values())
      (found[partition.topic] ??= {})[partition.partition] = Number.isNaN(position) ? 0 : position;
    return found;
  };

  const joinAs = (id: string): Member => ({
    id,
    topics: options.topics,
    owned,
    async beforeJoin(behind) {
      const before = epoch;
      if (!behind) await releaseAll();
      // The group waits for a slow handler only so long: once it has joined again, the new epoch is not this one's to end.
      if (id === memberId && epoch === before) expire();
    },
    joined(of, partitions) {
      if (closed || id !== memberId) return;
      expire();
      generation = of;
      joined = true;
      const next = new Map<string, Feed>();
      for (const partition of partitions)
        next.set(keyOf(partition), {
          partition,
          ctx: createCtx(partition),
          position: Number.NaN,
          paused: false,
          ended: false,
          running: Promise.resolve(),
        });
      lose(next);
      feeds = next;
      for (const [key, feed] of next) runInTurn(key, feed);
      firstJoin.resolve();
    },
    evicted() {
      if (closed || id !== memberId) return;
      expire();
      joined = false;
      lose(new Map());
      feeds = new Map();
      memberId = `${options.id}/${++rejoins}`;
      group.join(joinAs(memberId));
    },
  });

  const feedOf = (partition: Partition): Feed | undefined => feeds.get(keyOf(partition));

  return {
    async run(given) {
      handlers = given;
      await scheduler.turn();
      group.join(joinAs(memberId));
      return firstJoin.promise;
    },
    pause(partition) {
      const feed = feedOf(partition);
      if (feed !== undefined) feed.paused = true;
    },
    resume(partition) {
      const feed = feedOf(partition);
      if (feed !== undefined) feed.paused = false;
      log.wake();
    },
    activity() {
      const all = [...feeds.values()];
      const now = world.clock();
      if (!faults.away) lastAnswer = now;
      return {
        lastHeartbeat: now,
        lastAnswer,
        joined,
        assigned: all.map(({ partition }) => partition),
        recovering: all.filter(({ position }) => Number.isNaN(position)).map(({ partition }) => partition),
        stalled: [],
      };
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      if (joined) await releaseAll();
      closed = true;
      expire();
      if (handlers !== undefined) lose(new Map());
      feeds = new Map();
      group.leave(memberId);
      firstJoin.resolve();
    },
  };
};
