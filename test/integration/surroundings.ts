// What every service under test has around it on the shared stack: topics, schemas and a group of its own, and a registry that can go away.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCodecs } from "#adapters/avro/codecs.ts";
import { registerSchemas } from "#adapters/avro/registration.ts";
import { connectBroker } from "#adapters/broker.ts";
import { type RunningProcess, startProcess } from "#infra/dev/processes.ts";
import { silentLogger } from "#runtime/logger.ts";
import { readHistory } from "#schemas/history.ts";
import { topicsFor } from "#schemas/topics.ts";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";
import { openProxy } from "./proxy.ts";

export type Env = Readonly<Record<string, string>>;

export const readiness = async (service: RunningProcess): Promise<Record<string, string>> => {
  const report = (await (await fetch(`${service.url}/readyz`)).json()) as {
    checks: readonly { name: string; ok: boolean; detail?: string }[];
  };
  return Object.fromEntries(report.checks.map(({ name, ok, detail }) => [name, ok ? "ok" : (detail ?? "not ok")]));
};

/** `name`: the service that it is about. */
export const openSurroundings = async (name: string, partitions: number) => {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), `earshot-${name}-`));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const stack = stackSettings();
  const namespace = freshNamespace();
  const prefix = namespace.EARSHOT_TOPIC_PREFIX;
  const topics = topicsFor(prefix, partitions);
  const log = silentLogger;

  const broker = opening.use(await connectBroker({ brokers: stack.KAFKA_BROKERS, clientId: "test", log }));
  const admin = opening.use(await broker.admin());
  await Promise.all([
    admin.createTopics(Object.values(topics), 1),
    registerSchemas({ access: { url: stack.SCHEMA_REGISTRY_URL }, prefix, history: readHistory() }),
  ]);
  const producer = opening.use(await broker.producer());
  const codecs = opening.use(
    await openCodecs({ registry: stack.SCHEMA_REGISTRY_URL, cacheDir: join(folder, "test-schemas"), prefix, log }),
  );
  const registry = opening.use(await openProxy(stack.SCHEMA_REGISTRY_URL));
  const env: Env = {
    ...stack,
    ...namespace,
    EARSHOT_PARTITIONS: String(partitions),
    EARSHOT_REGISTRY_CACHE: join(folder, "schemas"),
    SCHEMA_REGISTRY_URL: registry.url,
  };
  const logs: string[] = [];
  const opened = opening.move();

  return {
    stack,
    namespace,
    env,
    topics,
    group: `${namespace.EARSHOT_GROUP_PREFIX}${name}`,
    broker,
    admin,
    producer,
    codecs,
    registry,
    /** Starts a service; one that is to crash may never be ready. */
    start: async (service: string, over: Env): Promise<RunningProcess> => {
      const logFile = join(folder, `${service}-${logs.length}.log`);
      logs.push(logFile);
      const until = "EARSHOT_CRASH_AT" in over ? "http listening" : "ready";
      return opened.use(await startProcess(service, { ...env, ...over }, { logFile, until }));
    },
    /** What the processes have logged, in the order of their starts. */
    logs: (): Promise<readonly string[]> => Promise.all(logs.map((file) => readFile(file, "utf8"))),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};
