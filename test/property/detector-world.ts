// A world for detectors: the broker's twin with a clock of its own, detectors that can be killed at any port call, one seed for all of it.
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import type { GroupHandlers } from "#adapters/broker-port.ts";
import { createMemoryBroker } from "#adapters/memory/broker.ts";
import { partitionFor } from "#core/partition.ts";
import { defaultEngineSettings, type EngineSettings } from "#core/settings.ts";
import { hour, minute } from "#core/time.ts";
import { createMeter } from "#detector/meters.ts";
import { createTasks } from "#detector/tasks.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { type TopicKind, type Topics, topicsFor } from "#schemas/topics.ts";
import { createFakeText } from "#test/helpers/fake-text.ts";
import { expectSame, foldLog, readTopic } from "#test/helpers/plain-fold.ts";
import { start } from "#test/helpers/timeline.ts";
import { createCrashes, createLife, outagesIn } from "./world.ts";

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
  const crashes = createCrashes(oneIn, crash, 6);

  /** A detector process in miniature. */
  const startDetector = async () => {
    const broker = twin.connect();
    const producer = await broker.producer();
    const consumer = broker.consumer({
      group,
      topics: [topics.interactions.topic],
      fail: (error) => {
        if (!life.dead) failures.push(error);
      },
    });
    const life = createLife(consumer);
    const tasks = createTasks({
      topics,
      rules,
      text: createFakeText(),
      hashKey,
      incarnation: 1,
      acceptTruncated: false,
      admin: await broker.admin(),
      reader: broker.reader(),
      producer: { send: (records, signal) => life.alive(() => producer.send(records, signal)) },
      codecs,
      probe: noProbe,
      outages: outagesIn(scheduler),
      meter: createMeter(createMetrics("detector", { defaults: false })),
      log: silentLogger,
      crashAt: crashes(life),
    });
    const handlers: GroupHandlers = {
      onAssigned(partition, committed, ctx) {
        const positions = commits.get(partition.partition) ?? [];
        commits.set(partition.partition, positions);
        const noted = life.ctx(ctx, (position) => void positions.push(position));
        return life.mortal(() => tasks.onAssigned(partition, committed, noted));
      },
      onBatch: (batch, ctx) => life.mortal(() => tasks.onBatch(batch, ctx)),
      onLost: (partition) => {
        if (!life.dead) tasks.onLost(partition);
      },
    };
    await consumer.run(handlers);
    return life;
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
