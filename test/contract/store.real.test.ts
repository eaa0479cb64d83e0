// ClickHouse keeps the store's contract, through a network that loses requests and replies.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "#adapters/clickhouse/migrate.ts";
import { openClickHouse } from "#adapters/clickhouse/store.ts";
import type { Store } from "#adapters/store-port.ts";
import { silentLogger as log } from "#runtime/logger.ts";
import { readMigrations } from "#schemas/clickhouse/migrations.ts";
import { type TableName, tables } from "#schemas/clickhouse/tables.ts";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";
import { storeContract } from "./store.contract.ts";
import { openStoreProxy } from "./store-proxy.ts";

const openAt = (url: string, database: string, requestTimeout?: number): Store => {
  const { CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = stackSettings();
  return openClickHouse({
    url,
    user,
    password,
    database,
    log,
    ...(requestTimeout === undefined ? {} : { requestTimeout }),
  });
};

const migrated = async (url: string): Promise<string> => {
  const database = freshNamespace().CLICKHOUSE_DATABASE;
  const open = (name: string): Store => openAt(url, name);
  await migrate({ open, database, migrations: readMigrations(), access: [], dryRun: false, warn: () => undefined });
  return database;
};

/** Times as they are given: epoch milliseconds. */
const selectAll = (table: TableName): string => {
  const columns = Object.entries(tables[table]).map(([name, type]) =>
    type.includes("DateTime64") ? `toUnixTimestamp64Milli(${name}) AS ${name}` : name,
  );
  return `SELECT ${columns.join(", ")} FROM ${table}`;
};

storeContract("ClickHouse", async () => {
  const { CLICKHOUSE_URL: url } = stackSettings();
  const stack = new AsyncDisposableStack();
  const proxy = stack.use(await openStoreProxy(url));
  const database = await migrated(url);
  const bare = freshNamespace().CLICKHOUSE_DATABASE;
  const store = stack.use(openAt(proxy.url, database, 3_000));
  const direct = stack.use(openAt(url, database));
  return {
    store,
    bare: stack.use(openAt(url, bare)),
    rows: (table) => direct.query(selectAll(table)),
    failNext: (how) => proxy.failNext(how),
    goAway: () => proxy.goAway(),
    comeBack: () => proxy.comeBack(),
    hangNext: () => proxy.failNext("hang"),
    async [Symbol.asyncDispose]() {
      await direct.command(`DROP DATABASE ${database}`);
      await stack.disposeAsync();
    },
  };
});

describe("ClickHouse's own ways", () => {
  let store: Store;
  let database: string;

  beforeAll(async () => {
    const { CLICKHOUSE_URL: url } = stackSettings();
    database = await migrated(url);
    store = openAt(url, database);
  });
  afterAll(async () => {
    await store.command(`DROP DATABASE ${database}`);
    await store[Symbol.asyncDispose]();
  });

  test("a table that would forget tokens is refused before the first insert, with the cure", async () => {
    await store.command("ALTER TABLE late MODIFY SETTING non_replicated_deduplication_window = 0");
    await store.verify(["signals"]);
    await expect(store.verify(["signals", "late"])).rejects.toMatchObject({
      code: "store_mismatch",
      message: expect.stringContaining("late: non_replicated_deduplication_window is 0"),
    });
    await store.command("ALTER TABLE late MODIFY SETTING non_replicated_deduplication_window = 10000");
    await store.verify(["signals", "late"]);
  });

  test("a table with another column type is refused with the cure", async () => {
    await store.command("ALTER TABLE landings MODIFY COLUMN rows UInt64");
    await expect(store.verify(["landings"])).rejects.toMatchObject({
      code: "missing_table",
      message: expect.stringContaining("landings.rows is UInt64, not UInt32"),
    });
    await store.command("ALTER TABLE landings MODIFY COLUMN rows UInt32");
    await store.verify(["landings"]);
  });

  test("a block that a network would see compressed is the same block", async () => {
    const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = stackSettings();
    await using compressing = openClickHouse({ url, user, password, database, log, compress: true });
    const topic = randomUUID();
    const columns = ["topic", "first", "token"];
    const rows = Array.from({ length: 3_000 }, (_, first) => [topic, first, "the same words again"]);
    const block = { table: "landings", columns, rows, token: topic };
    await compressing.insert(block);
    await store.insert(block);
    const question = "SELECT count() AS n, sum(first) AS total FROM landings WHERE topic = {topic:String}";
    expect(await compressing.query(question, { topic })).toEqual([{ n: 3_000, total: 4_498_500 }]);
  });

  test("a mistake in SQL is no outage", async () => {
    await expect(store.query("SELECT nothing FROM landings")).rejects.toMatchObject({
      kind: "configuration",
      serverCode: 47,
    });
    await expect(store.query("SELEC 1")).rejects.toMatchObject({ kind: "configuration", serverCode: 62 });
  });

  test("a repeated token counts once beneath a materialized view too", async () => {
    const settings = "SETTINGS non_replicated_deduplication_window = 10000";
    await store.command(
      `CREATE TABLE ranges (topic String, n AggregateFunction(count)) ENGINE = AggregatingMergeTree ORDER BY topic ${settings}`,
    );
    await store.command(
      "CREATE MATERIALIZED VIEW feed_ranges TO ranges AS SELECT topic, countState() AS n FROM landings GROUP BY topic",
    );
    const topic = randomUUID();
    const columns = ["inc", "topic", "partition", "first", "last", "rows", "token"];
    const block = { table: "landings", columns, rows: [[1, topic, 0, 0, 9, 3, "t"]], token: topic };
    await store.insert(block);
    await store.insert(block);
    const [row] = await store.query("SELECT countMerge(n) AS n FROM ranges WHERE topic = {topic:String}", { topic });
    expect(row).toEqual({ n: 1 });
    await store.command("DROP TABLE feed_ranges");
  });
});
