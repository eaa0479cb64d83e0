// The surroundings of a lander under test: tables of its own too, and a ClickHouse that can go away.
import { expect } from "vitest";
import { migrate } from "#adapters/clickhouse/migrate.ts";
import { openClickHouse } from "#adapters/clickhouse/store.ts";
import type { RunningProcess } from "#infra/dev/processes.ts";
import { lands } from "#lander/rows.ts";
import { silentLogger } from "#runtime/logger.ts";
import { readMigrations } from "#schemas/clickhouse/migrations.ts";
import type { TopicKind } from "#schemas/topics.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { openProxy } from "./proxy.ts";
import { type Env, openSurroundings, readiness } from "./surroundings.ts";

const partitions = 2;

export const openScene = async () => {
  await using opening = new AsyncDisposableStack();
  const around = opening.use(await openSurroundings("lander", partitions));
  const { stack, namespace, topics, group, broker, admin, producer, codecs, registry } = around;
  const clickhouse = opening.use(await openProxy(stack.CLICKHOUSE_URL));
  const env: Env = { ...around.env, CLICKHOUSE_URL: clickhouse.url };
  const openDatabase = (database: string) =>
    openClickHouse({
      url: stack.CLICKHOUSE_URL,
      user: stack.CLICKHOUSE_USER,
      password: stack.CLICKHOUSE_PASSWORD,
      database,
      log: silentLogger,
    });
  await migrate({
    open: openDatabase,
    database: namespace.CLICKHOUSE_DATABASE,
    migrations: readMigrations(),
    access: [],
    dryRun: false,
    warn: () => undefined,
  });
  const store = opening.use(openDatabase(namespace.CLICKHOUSE_DATABASE));
  const opened = opening.move();

  const send = (
    kind: TopicKind,
    values: readonly (Buffer | null)[],
    { partition = 0, headers = {} }: { partition?: number; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<void> =>
    producer.send(values.map((value) => ({ topic: topics[kind].topic, partition, key: "k", value, headers })));

  const isLanded = async (): Promise<void> => {
    for (const { topic } of Object.values(topics).filter(lands)) {
      const committed = await admin.committed(group, topic);
      for (const [partition, { end }] of await admin.offsets(topic)) {
        const { offset, metadata = "" } = committed.get(partition) ?? {};
        expect(offset ?? 0, `${topic}:${partition}`).toBe(end);
        expect(metadata).not.toContain("pend");
      }
    }
  };

  const landed = () => eventually(isLanded, { within: 30_000 });

  const start = (over: Env = {}): Promise<RunningProcess> =>
    around.start("lander", { CLICKHOUSE_URL: clickhouse.url, ...over });

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
    lastLog: async () => (await around.logs()).at(-1) ?? "",
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
      for (const { topic } of Object.values(topics).filter(lands))
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
