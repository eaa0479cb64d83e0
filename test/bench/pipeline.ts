// A pipeline of its own for a bench run: topics, tables and folder under fresh names on the running stack.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Codecs, openCodecs } from "#adapters/avro/codecs.ts";
import { connectBroker } from "#adapters/broker.ts";
import type { Admin, OutRecord, Producer } from "#adapters/broker-port.ts";
import { openStore } from "#adapters/store.ts";
import type { Store } from "#adapters/store-port.ts";
import { partitionFor } from "#core/partition.ts";
import { type RunningProcess, runCommand, startProcess } from "#infra/dev/processes.ts";
import type { Stack } from "#infra/embedded/stack.ts";
import type { Logger } from "#runtime/logger.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { type TopicKind, type Topics, topicsFor } from "#schemas/topics.ts";

export interface Pipeline extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly topics: Topics;
  readonly admin: Admin;
  readonly codecs: Codecs;
  readonly producer: Producer;
  readonly store: Store;
  start(name: string): Promise<RunningProcess>;
  /** Encodes and sends, by session, in sends of 5,000. */
  publish(records: readonly InteractionRecord[]): Promise<void>;
  endOf(kind: TopicKind): Promise<number>;
  positionOf(service: string, kind: TopicKind): Promise<number>;
}

const partitions = 4;

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

/** `name` becomes part of the topics', groups' and the database's names. */
export const openPipeline = async (name: string, stack: Stack, log: Logger): Promise<Pipeline> => {
  await using opening = new AsyncDisposableStack();
  // Goes with the stack, however the run ends.
  const folder = join(stack.dir, `bench-${name}`);
  await mkdir(folder);
  const prefix = `bench-${name}.`;
  const env = {
    ...stack.settings,
    EARSHOT_TOPIC_PREFIX: prefix,
    EARSHOT_GROUP_PREFIX: prefix,
    CLICKHOUSE_DATABASE: `bench_${name}`,
    EARSHOT_PARTITIONS: String(partitions),
    EARSHOT_REGISTRY_CACHE: join(folder, "schemas"),
  };
  await Promise.all(["topics", "schemas", "migrate"].map((command) => runCommand(command, [], env)));
  const topics = topicsFor(prefix, partitions);
  const broker = opening.use(await connectBroker({ brokers: stack.settings.KAFKA_BROKERS, clientId: "bench", log }));
  const admin = opening.use(await broker.admin());
  const producer = opening.use(await broker.producer());
  const codecs = opening.use(
    await openCodecs({
      registry: stack.settings.SCHEMA_REGISTRY_URL,
      cacheDir: join(folder, "schemas"),
      prefix,
      log,
    }),
  );
  const store = opening.use(
    await openStore({
      url: stack.settings.CLICKHOUSE_URL,
      user: stack.settings.CLICKHOUSE_USER,
      password: stack.settings.CLICKHOUSE_PASSWORD,
      database: env.CLICKHOUSE_DATABASE,
      log,
    }),
  );
  const opened = opening.move();
  return {
    env,
    topics,
    admin,
    codecs,
    producer,
    store,
    start: async (service) => opened.use(await startProcess(service, env, { logFile: join(folder, `${service}.log`) })),
    publish: async (records) => {
      for (let i = 0; i < records.length; i += 5_000) {
        const out = records.slice(i, i + 5_000).map(
          (record): OutRecord => ({
            topic: topics.interactions.topic,
            partition: partitionFor(record.session_id, partitions),
            key: record.session_id,
            value: codecs.encode("interactions", record),
          }),
        );
        await producer.send(out);
      }
    },
    endOf: async (kind) => total([...(await admin.offsets(topics[kind].topic)).values()].map(({ end }) => end)),
    positionOf: async (service, kind) =>
      total(
        [...(await admin.committed(`${prefix}${service}`, topics[kind].topic)).values()].map(
          ({ offset }) => offset ?? 0,
        ),
      ),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};

/** Polls until `measure` reaches `goal`; milliseconds since the call. */
export const timeUntil = async (goal: number, measure: () => Promise<number>, within = 180_000): Promise<number> => {
  const began = performance.now();
  while ((await measure()) < goal) {
    if (performance.now() - began > within) throw new Error(`not reached within ${String(within / 1000)} s`);
    await sleep(20);
  }
  return performance.now() - began;
};

/** CPU seconds, user and system, of a service since its start. */
export const cpuSecondsOf = async (service: RunningProcess): Promise<number> => {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total(?:\{[^}]*\})? ([\d.e+-]+)/m.exec(metrics)?.[1]);
};
