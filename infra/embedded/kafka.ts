// Kafka from its jars: one process that is broker and controller, KRaft, no ZooKeeper.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { startJava } from "./java.ts";
import type { Part, PartContext } from "./part.ts";
import { freePort } from "./ports.ts";

/** Internal topics small and unreplicated; no wait for further members when a group forms; topics only by our own command. */
const properties = (folder: string, broker: number, controller: number): string =>
  Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${String(controller)}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `PLAINTEXT://127.0.0.1:${String(broker)},CONTROLLER://127.0.0.1:${String(controller)}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${String(broker)}`,
    "log.dirs": folder,
    "auto.create.topics.enable": false,
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    // 128 MB for a cleaner that has a few small compacted topics.
    "log.cleaner.dedupe.buffer.size": 8_388_608,
  })
    .map(([key, value]) => `${key}=${String(value)}\n`)
    .join("");

/** Warnings, and the one line that says it is ready. */
const logging = `<Configuration status="error">
  <Appenders><Console name="out"><PatternLayout pattern="%d{ISO8601} %-5p %c{1} %m%n"/></Console></Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="info"/>
    <Root level="warn"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`;

const heap = ["-Xms128m", "-Xmx320m"];

/** Twice more with other ports when another process takes them between our look and Kafka's. */
export const startKafka = async (context: PartContext, attempts = 3): Promise<Part & { brokers: string }> => {
  const { dir, downloads, java } = context;
  const jars = join(downloads, "kafka");
  const classPath = readdirSync(jars)
    .filter((name) => name.endsWith(".jar"))
    .toSorted()
    .map((name) => join(jars, name));
  const folder = join(dir, "kafka");
  const [broker, controller] = [await freePort(), await freePort()];
  const data = join(folder, "data");
  const config = join(folder, "server.properties");
  const log4j = join(folder, "log4j2.xml");
  await mkdir(folder, { recursive: true });
  await writeFile(config, properties(data, broker, controller));
  await writeFile(log4j, logging);
  const jvm = [...heap, `-Dlog4j2.configurationFile=${log4j}`];
  if (!existsSync(join(data, "meta.properties"))) await format(context, classPath, jvm, { config, data });
  try {
    const part = await startJava({
      ...context,
      name: "kafka",
      java,
      classPath,
      mainClass: "kafka.Kafka",
      jvm,
      args: [config],
      ready: /Kafka Server started/,
      within: 60_000,
    });
    return { ...part, brokers: `127.0.0.1:${String(broker)}` };
  } catch (error) {
    const taken = error instanceof Error && /Address already in use/.test(error.message);
    if (!taken || attempts <= 1) throw error;
    return await startKafka(context, attempts - 1);
  }
};

/**
 * Formats the data folder, once: another JVM would cost each start 0.6 s, so a formatted folder is kept and copied. All stacks
 * then share one cluster id, which only brokers of one cluster ever look at.
 */
const format = async (
  { downloads, signal }: PartContext,
  classPath: readonly string[],
  jvm: readonly string[],
  { config, data }: { readonly config: string; readonly data: string },
): Promise<void> => {
  const kept = join(downloads, "kafka-formatted");
  if (existsSync(kept)) return await cp(kept, data, { recursive: true });
  const args = ["kafka.tools.StorageTool", "format", "-t", "RWFyc2hvdEVtYmVkZGVkMQ", "-c", config];
  const quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  await promisify(execFile)("java", [...quick, ...jvm, "-cp", classPath.join(":"), ...args], { signal });
  const part = `${kept}.${String(process.pid)}.part`;
  await cp(data, part, { recursive: true });
  // Where another run was first, its folder stays.
  await rename(part, kept).catch(() => rm(part, { recursive: true, force: true }));
};
