// A world for detectors: the broker's twin with a clock of its own, detectors that can be killed at any port call, one seed for all of it.
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import { type Ctx, Fenced, type GroupHandlers, type Partition } from "#adapters/broker-port.ts";
import { createMemoryBroker } from "#adapters/memory/broker.ts";
import { partitionFor } from "#core/partition.ts";
import { defaultEngineSettings, type EngineSettings } from "#core/settings.ts";
import { hour, minute } from "#core/time.ts";
import { createMeter } from "#detector/meters.ts";
import { createTasks } from "#detector/tasks.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import type { Outages } from "#runtime/outages.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { type TopicKind, type Topics, topicsFor } from "#schemas/topics.ts";
import { createFakeText } from "#test/helpers/fake-text.ts";
import { expectSame, foldLog, readTopic } from "#test/helpers/plain-fold.ts";
import { start } from "#test/helpers/timeline.ts";

export const group = "detector";
export const topics: Topics = topicsFor("t.", 2);
const { partitions } = topics.interactions;

/** Short, so that a small log has visits that end and a horizon that does not reach its beginning. */
export const rules: EngineSettings = {
  ...defaultEngineSettings,
  gap: 4 * minute,
  maxSession: hour / 4,
  grace: 2 * minute,
};

const forever = new Promise<never>(() => undefined);
const noProbe = { survives: async () => true };
const hashKey = "test";

export const createWorld = (
  seed: number,
  { crash }: { /** One in so many passages of a crash point; 0: never. */ readonly crash: number },
) => {
  let now = start;
  const twin = createMemoryBroker({ seed, maxBatch: 20, clock: () => now });
  const { scheduler } = twin;
  const oneIn = (n: number): boolean => n > 0 && scheduler.integer(1, n) === 1;
  const codecs = createLocalCodecs();
  const failures: unknown[] = [];
  const commits = new Map<number, number[]>();
  let crashesLeft = 6;

  /** Without real pauses; what is no outage passes, as with the real one. */
  const outages: Outages<string> = {
    async wait(_, work, { signal, isOutage }) {
      for (;;) {
        signal.throwIfAborted();
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof Error && isOutage(error))) throw error;
          await scheduler.turns(scheduler.integer(1, 4));
        }
      }
    },
  };

  /** A detector process in miniature. Killed, none of its calls ever returns, as far as it could tell. */
  const startDetector = async () => {
    let dead = false;
    const alive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (dead) return forever;
      try {
        const value = await work();
        return dead ? await forever : value;
      } catch (error) {
        if (dead) return forever;
        throw error;
      }
    };
    /** What the group sees of it: a handler that is gone. */
    const death = Promise.withResolvers<never>();
    death.promise.catch(() => undefined);
    const mortal = <T>(work: () => Promise<T>): Promise<T> =>
      dead ? death.promise : Promise.race([work(), death.promise]);

    const broker = twin.connect();
    const producer = await broker.producer();
    const consumer = broker.consumer({
      group,
      topics: [topics.interactions.topic],
      fail: (error) => {
        if (!dead) failures.push(error);
      },
    });
    const kill = async (): Promise<void> => {
      dead = true;
      death.reject(new Fenced("killed"));
      await consumer[Symbol.asyncDispose]();
    };
    const tasks = createTasks({
      topics,
      rules,
      text: createFakeText(),
      hashKey,
      incarnation: 1,
      acceptTruncated: false,
      admin: await broker.admin(),
      reader: broker.reader(),
      producer: { send: (records, signal) => alive(() => producer.send(records, signal)) },
      codecs,
      probe: noProbe,
      outages,
      meter: createMeter(createMetrics("detector", { defaults: false })),
      log: silentLogger,
      crashAt: () => {
        if (dead || crashesLeft === 0 || !oneIn(crash)) return;
        crashesLeft -= 1;
        void kill();
        // What follows the point must not happen.
        throw new Fenced("killed");
      },
    });
    const noted = (partition: Partition, ctx: Ctx): Ctx => ({
      commit: (position, metadata) =>
        alive(async () => {
          await ctx.commit(position, metadata);
          commits.set(partition.partition, [...(commits.get(partition.partition) ?? []), position]);
        }),
      heartbeat: () => alive(() => ctx.heartbeat()),
      get live() {
        return ctx.live;
      },
    });
    const handlers: GroupHandlers = {
      onAssigned: (partition, committed, ctx) =>
        mortal(() => tasks.onAssigned(partition, committed, noted(partition, ctx))),
      onBatch: (batch, ctx) => mortal(() => tasks.onBatch(batch, ctx)),
      onLost: (partition) => {
        if (!dead) tasks.onLost(partition);
      },
    };
    await consumer.run(handlers);
    return {
      kill,
      get dead() {
        return dead;
      },
      stop: () => consumer[Symbol.asyncDispose](),
    };
  };

  const decode = (value: Buffer | null) => {
    const decoded = codecs.decode("interactions", value);
    return decoded.kind === "record" ? { interaction: decoded.record, schemaId: decoded.schemaId } : undefined;
  };

  /** All records of a topic as decoded, copies included. */
  const said = async <K extends TopicKind>(kind: K) => {
    await using broker = twin.connect();
    return [...(await readTopic(broker, topics[kind].topic)).values()].flat().map(({ value }) => {
      const decoded = codecs.decode(kind, value);
      if (decoded.kind !== "record") throw new Error(`${kind}: ${decoded.kind}`);
      return decoded.record;
    });
  };

  const producing = twin.connect().producer();

  return {
    twin,
    scheduler,
    oneIn,
    codecs,
    failures,
    commits,
    startDetector,
    get now() {
      return now;
    },
    pass: (ms: number) => void (now += ms),
    async append(partition: number, value: Buffer): Promise<void> {
      await (await producing).send([{ topic: topics.interactions.topic, partition, key: null, value }]);
    },
    /** Holds what was said against one plain fold of the log. */
    async check(): Promise<void> {
      await using broker = twin.connect();
      const { topic } = topics.interactions;
      const log = await readTopic(broker, topic);
      const folded = foldLog(log, { topic, settings: rules, text: createFakeText(), hashKey, incarnation: 1, decode });
      expectSame({ signals: await said("signals"), tallies: await said("tallies"), late: await said("late") }, folded);
    },
    /** Whether the group has committed everything that is in the log. */
    async caughtUp(): Promise<boolean> {
      await using broker = twin.connect();
      await using admin = await broker.admin();
      const { topic } = topics.interactions;
      const committed = await admin.committed(group, topic);
      return [...(await admin.offsets(topic))].every(
        ([partition, { end }]) => committed.get(partition)?.offset === end,
      );
    },
  };
};

export type World = ReturnType<typeof createWorld>;

export const placeOf = ({ session_id: session }: InteractionRecord): number => partitionFor(session, partitions);
