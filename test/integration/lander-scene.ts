// The surroundings of a lander under test: topics, tables and groups of its own on the shared stack, and proxies that can fail in between.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { openCodecs } from "#adapters/avro/codecs.ts";
import { registerSchemas } from "#adapters/avro/registration.ts";
import { connectBroker } from "#adapters/broker.ts";
import { migrate } from "#adapters/clickhouse/migrate.ts";
import { openClickHouse } from "#adapters/clickhouse/store.ts";
import { type RunningProcess, startProcess } from "#infra/dev/processes.ts";
import { silentLogger } from "#runtime/logger.ts";
import { readMigrations } from "#schemas/clickhouse/migrations.ts";
import { readHistory } from "#schemas/history.ts";
import { type TopicKind, topicsFor } from "#schemas/topics.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";

type Env = Readonly<Record<string, string>>;

export interface Proxy extends AsyncDisposable {
  /** The target's URL with the proxy's port. */
  readonly url: string;
  /** Cuts every connection and refuses new ones. */
  goAway(): void;
  comeBack(): void;
  /** The next replies are swallowed and their connections cut, after the work was done. */
  loseReplies(count: number): void;
}

/** A faulty network in front of an HTTP server. */
export const openProxy = async (target: string): Promise<Proxy> => {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let away = false;
  let lose = 0;
  const server = createServer((client) => {
    if (away) {
      client.destroy();
      return;
    }
    const upstream = dial(Number(port), hostname);
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", cut).on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      lose -= 1;
      if (lose >= 0) cut();
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === "object" ? address?.port : "");
  return {
    url: url.href.replace(/\/$/, ""),
    goAway: () => {
      away = true;
      for (const socket of sockets) socket.destroy();
    },
    comeBack: () => {
      away = false;
    },
    loseReplies: (count) => {
      lose = count;
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};

export const readiness = async (lander: RunningProcess): Promise<Record<string, string>> => {
  const report = (await (await fetch(`${lander.url}/readyz`)).json()) as {
    checks: readonly { name: string; ok: boolean; detail?: string }[];
  };
  return Object.fromEntries(report.checks.map(({ name, ok, detail }) => [name, ok ? "ok" : (detail ?? "not ok")]));
};

const partitions = 2;

export const openScene = async () => {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "earshot-lander-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const stack = stackSettings();
  const namespace = freshNamespace();
  const base: Env = {
    ...stack,
    ...namespace,
    EARSHOT_PARTITIONS: String(partitions),
    EARSHOT_REGISTRY_CACHE: join(folder, "schemas"),
  };
  const clickhouse = opening.use(await openProxy(stack.CLICKHOUSE_URL));
  const registry = opening.use(await openProxy(stack.SCHEMA_REGISTRY_URL));
  const env: Env = { ...base, CLICKHOUSE_URL: clickhouse.url, SCHEMA_REGISTRY_URL: registry.url };

  const topics = topicsFor(namespace.EARSHOT_TOPIC_PREFIX, partitions);
  const group = `${namespace.EARSHOT_GROUP_PREFIX}lander`;
  const prefix = namespace.EARSHOT_TOPIC_PREFIX;
  const log = silentLogger;
  const broker = opening.use(await connectBroker({ brokers: stack.KAFKA_BROKERS, clientId: "test", log }));
  const admin = opening.use(await broker.admin());
  const openDatabase = (database: string) =>
    openClickHouse({
      url: stack.CLICKHOUSE_URL,
      user: stack.CLICKHOUSE_USER,
      password: stack.CLICKHOUSE_PASSWORD,
      database,
      log,
    });
  await Promise.all([
    admin.createTopics(Object.values(topics), 1),
    registerSchemas({ access: { url: stack.SCHEMA_REGISTRY_URL }, prefix, history: readHistory() }),
    migrate({
      open: openDatabase,
      database: namespace.CLICKHOUSE_DATABASE,
      migrations: readMigrations(),
      access: [],
      dryRun: false,
      warn: () => undefined,
    }),
  ]);
  const store = opening.use(openDatabase(namespace.CLICKHOUSE_DATABASE));
  const producer = opening.use(await broker.producer());
  const codecs = opening.use(
    await openCodecs({ registry: stack.SCHEMA_REGISTRY_URL, cacheDir: join(folder, "test-schemas"), prefix, log }),
  );
  let started = 0;
  const opened = opening.move();

  const send = (
    kind: TopicKind,
    values: readonly Buffer[],
    { partition = 0, headers = {} }: { partition?: number; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<void> =>
    producer.send(values.map((value) => ({ topic: topics[kind].topic, partition, key: "k", value, headers })));

  const isLanded = async (): Promise<void> => {
    for (const { topic } of Object.values(topics)) {
      const committed = await admin.committed(group, topic);
      for (const [partition, { end }] of await admin.offsets(topic)) {
        const { offset, metadata = "" } = committed.get(partition) ?? {};
        expect(offset ?? 0, `${topic}:${partition}`).toBe(end);
        expect(metadata).not.toContain("pend");
      }
    }
  };

  const landed = () => eventually(isLanded, { within: 30_000 });

  const start = async (over: Env = {}): Promise<RunningProcess> => {
    started += 1;
    const logFile = join(folder, `lander-${started}.log`);
    const until = "EARSHOT_CRASH_AT" in over ? "http listening" : "ready";
    return opened.use(await startProcess("lander", { ...env, ...over }, { logFile, until }));
  };

  return {
    env,
    topics,
    group,
    admin,
    broker,
    codecs,
    store,
    clickhouse,
    registry,
    send,
    start,
    /** Runs a lander until everything is landed. */
    landAll: async (): Promise<void> => {
      await using lander = await start();
      await landed();
      expect(await readiness(lander)).toMatchObject({ group: "ok", clickhouse: "ok" });
    },
    /** The log of the lander started last. */
    lastLog: () => readFile(join(folder, `lander-${started}.log`), "utf8"),
    /** Everything in the topics is landed and acknowledged. */
    landed,
    rows: (sql: string) => store.query(sql),
    /** Where landed ranges overlap, or leave out offsets between the first and the end; empty: nowhere. */
    flaws: async (): Promise<string[]> => {
      const ranges = await store.query(
        "SELECT topic, partition, first, last FROM landings ORDER BY topic, partition, first",
      );
      const found: string[] = [];
      const next = new Map<string, number>();
      for (const { topic, partition, first, last } of ranges) {
        const lane = `${String(topic)}:${String(partition)}`;
        const expected = next.get(lane) ?? 0;
        if (first !== expected) found.push(`${lane}: ${String(first)} follows ${expected}`);
        next.set(lane, Number(last) + 1);
      }
      for (const { topic } of Object.values(topics))
        for (const [partition, { end }] of await admin.offsets(topic)) {
          const lane = `${topic}:${partition}`;
          if ((next.get(lane) ?? 0) !== end) found.push(`${lane}: landed to ${next.get(lane) ?? 0} of ${end}`);
        }
      return found;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};

export type Scene = Awaited<ReturnType<typeof openScene>>;
