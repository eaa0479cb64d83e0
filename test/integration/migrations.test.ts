// Migrations: each once, unchanged since, one process at a time; and what they make is what the lander writes.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrate as bringUp, type MigrateOptions } from "#adapters/clickhouse/migrate.ts";
import { openClickHouse } from "#adapters/clickhouse/store.ts";
import type { Store } from "#adapters/store-port.ts";
import { runCommand } from "#infra/dev/processes.ts";
import { silentLogger as log } from "#runtime/logger.ts";
import { type Migration, readAccessSteps, readMigrations } from "#schemas/clickhouse/migrations.ts";
import { columnsOf, partitionedBy, type TableName, tables } from "#schemas/clickhouse/tables.ts";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";

const open = (database: string): Store => {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = stackSettings();
  return openClickHouse({ url, user, password, database, log });
};

const step = (number: number, ...statements: readonly string[]): Migration => ({
  number,
  file: `000${number}_test.sql`,
  checksum: statements.join(";"),
  statements,
});

const first = step(1, "CREATE TABLE IF NOT EXISTS one (n UInt8) ENGINE = MergeTree ORDER BY n");
const second = step(
  2,
  "CREATE TABLE IF NOT EXISTS two (n UInt8) ENGINE = MergeTree ORDER BY n",
  "INSERT INTO one VALUES (2)",
);

let database: string;
let server: Store;
let warnings: string[];

beforeAll(() => {
  server = open("default");
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  database = freshNamespace().CLICKHOUSE_DATABASE;
  warnings = [];
});
afterEach(() => server.command(`DROP DATABASE IF EXISTS ${database}`));

const migrate = (migrations: readonly Migration[], more: Partial<MigrateOptions> = {}) =>
  bringUp({
    open,
    database,
    migrations,
    access: [],
    dryRun: false,
    warn: (message) => void warnings.push(message),
    ...more,
  });
const states = async (work: ReturnType<typeof migrate>): Promise<string[]> => (await work).map(({ state }) => state);
const countOf = async (table: string): Promise<unknown> =>
  (await server.query(`SELECT count() AS n FROM ${database}.${table}`))[0]?.["n"];
const tablesNow = async (): Promise<unknown[]> =>
  (
    await server.query("SELECT name FROM system.tables WHERE database = {database:String} ORDER BY name", { database })
  ).map(({ name }) => name);

describe("migrating", () => {
  test("makes the database, runs what is missing in order, and repeating it changes nothing", async () => {
    expect(await states(migrate([first]))).toEqual(["applied"]);
    expect(await states(migrate([first, second]))).toEqual(["already there", "applied"]);
    expect(await states(migrate([first, second]))).toEqual(["already there", "already there"]);
    expect(await countOf("one")).toBe(1);
    expect(await tablesNow()).toEqual(["_migrations", "one", "two"]);
  });

  test("a dry run says what would happen and touches nothing", async () => {
    expect(await states(migrate([first, second], { dryRun: true, access: [step(1, "SELECT 1")] }))).toEqual([
      "would be applied",
      "would be applied",
      "would be applied",
    ]);
    expect(await server.query("SELECT 1 FROM system.databases WHERE name = {database:String}", { database })).toEqual(
      [],
    );
  });

  test("refuses a migration that was changed after it ran", async () => {
    await migrate([first]);
    await expect(migrate([{ ...first, checksum: "other" }, second])).rejects.toMatchObject({
      code: "migration",
      message: "changed after they ran: 0001_test.sql",
    });
    expect(await tablesNow()).toEqual(["_migrations", "one"]);
  });

  test("refuses a database that is ahead of this version", async () => {
    await migrate([first, second]);
    await expect(migrate([first])).rejects.toMatchObject({
      code: "migration",
      cure: expect.stringContaining("at least as new"),
    });
  });

  test("names the file that failed, gives the lock back, and goes on from there the next time", async () => {
    const broken = step(2, ...second.statements, "CREATE TABLE nonsense");
    await expect(migrate([first, broken])).rejects.toMatchObject({
      code: "migration",
      message: "0002_test.sql failed",
    });
    expect(await tablesNow()).toEqual(["_migrations", "one", "two"]);
    expect(await states(migrate([first, second]))).toEqual(["already there", "applied"]);
  });

  test("of several processes at once one runs, the others wait, and each statement ran once", async () => {
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => migrate([first, second])));
    expect(outcomes.flat().every(({ state }) => state === "applied" || state === "already there")).toBe(true);
    expect(await countOf("one")).toBe(1);
    expect(await countOf("_migrations")).toBe(2);
    expect(await tablesNow()).toEqual(["_migrations", "one", "two"]);
  });

  test("a lock whose holder died more than five minutes ago is taken over", async () => {
    await server.command(`CREATE DATABASE ${database}`);
    const since = new Date(Date.now() - 301_000).toISOString().slice(0, 19).replace("T", " ");
    await server.command(
      `CREATE TABLE ${database}._migrating (nothing UInt8) ENGINE = Null COMMENT '{"holder":"elsewhere:7","since":"${since}"}'`,
    );
    expect(await states(migrate([first]))).toEqual(["applied"]);
    expect(warnings).toEqual([expect.stringContaining("taking over from elsewhere:7")]);
    expect(await tablesNow()).toEqual(["_migrations", "one"]);
  });

  test("a fresh lock is respected until it is released", async () => {
    await migrate([first]);
    const since = new Date().toISOString().slice(0, 19).replace("T", " ");
    await server.command(
      `CREATE TABLE ${database}._migrating (nothing UInt8) ENGINE = Null COMMENT '{"holder":"elsewhere:7","since":"${since}"}'`,
    );
    const waiting = migrate([first, second]);
    await expect(Promise.race([waiting, server.query("SELECT 'still waiting' AS it")])).resolves.toEqual([
      { it: "still waiting" },
    ]);
    expect(await tablesNow()).toEqual(["_migrating", "_migrations", "one"]);
    await server.command(`DROP TABLE ${database}._migrating`);
    expect(await states(waiting)).toEqual(["already there", "applied"]);
  });
});

describe("the access step", () => {
  const access = readAccessSteps();

  test("is skipped with one warning where the engine has no users, and its syntax is checked all the same", async () => {
    const outcomes = await migrate([first], { access });
    const state = outcomes.find(({ migration }) => migration.startsWith("access/"))?.state;
    // A real server applies it.
    expect(["applied", "skipped"]).toContain(state);
    expect(warnings).toHaveLength(state === "skipped" ? 1 : 0);
  });

  test("with a mistake in it fails even where it would be skipped", async () => {
    const broken = step(1, "CREATE ROLE IF NOT EXISTS analyst", "GRANT SELCT ON one TO analyst");
    await expect(migrate([first], { access: [broken] })).rejects.toMatchObject({
      code: "migration",
      message: "0001_test.sql failed",
    });
  });

  test("grants what the analyst needs and nothing that holds user text", async () => {
    await migrate(readMigrations());
    const granted = access
      .flatMap(({ statements }) => statements)
      .flatMap((statement) => [...statement.matchAll(/\bSELECT ON (\w+)/g)].map(([, table]) => String(table)));
    const there = await tablesNow();
    const kept = new Set(["_migrations", "landings", "reject_bytes"]);
    expect(granted.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(there.filter((name) => !kept.has(String(name))));
  });
});

describe("the migrated schema", () => {
  const own = freshNamespace().CLICKHOUSE_DATABASE;
  let store: Store;
  beforeAll(async () => {
    warnings = [];
    await migrate(readMigrations(), { database: own });
    store = open(own);
  });
  afterAll(async () => {
    await store.command(`DROP DATABASE ${own}`);
    await store[Symbol.asyncDispose]();
  });

  test.for(Object.keys(tables) as TableName[])(
    "%s has the columns that the lander writes, in their order and types",
    async (table) => {
      const found = await store.query(
        `SELECT name, type, default_kind AS computed FROM system.columns
       WHERE database = currentDatabase() AND table = {table:String} ORDER BY position`,
        { table },
      );
      const written = found.filter(({ computed }) => computed === "");
      expect(written.map(({ name, type }) => [name, type])).toEqual(Object.entries(tables[table]));
      expect(columnsOf(table)).toEqual(written.map(({ name }) => name));
    },
  );

  test("every table remembers 10,000 tokens, is partitioned by its event time, and forgets in time", async () => {
    const found = await store.query(
      `SELECT name, partition_key AS partition, engine_full AS engine FROM system.tables
       WHERE database = currentDatabase() AND name IN {names:Array(String)}`,
      { names: Object.keys(tables) },
    );
    expect(found).toHaveLength(Object.keys(tables).length);
    for (const { name, partition, engine } of found) {
      const time = partitionedBy[name as TableName];
      expect(partition, String(name)).toBe(time === null ? "" : `toYYYYMM(${time})`);
      expect(engine, String(name)).toContain("non_replicated_deduplication_window = 10000");
      expect(engine, String(name)).toMatch(name === "reject_bytes" ? /toIntervalDay\(30\)/ : /toIntervalDay\(400\)/);
    }
    await store.verify(Object.keys(tables) as TableName[]);
  });

  test("sorting keys, partitions and versions follow from the record, never from when or where it landed", async () => {
    const found = await store.query(
      `SELECT name, concat(sorting_key, ' ', partition_key, ' ', engine_full) AS keys FROM system.tables
       WHERE database = currentDatabase() AND engine = 'ReplacingMergeTree' AND name NOT IN ('landings', '_migrations', 'tenants')`,
    );
    for (const { name, keys } of found) {
      const withoutTtl = String(keys).replace(/TTL .*/, "");
      expect(withoutTtl, String(name)).not.toMatch(/_landed_at|\b_offset\b|\b_partition\b|now\(/);
    }
  });
});

describe("the commands", () => {
  test("migrate prints what it did, and query asks what it made", async () => {
    const env = { ...stackSettings(), CLICKHOUSE_DATABASE: database };
    const lines = (await runCommand("migrate", ["--json"], env)).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual({
      migration: "0001_signals.sql",
      state: "applied",
    });
    const asked = ["top-users-share", "--json", "--param", "days=7", "share=0.1"];
    expect(JSON.parse(await runCommand("query", asked, env))).toMatchObject({ all_users: 0 });
    expect(await runCommand("query", ["worst-feature-by-tier", "--sql"], env)).toContain("FROM signal_rates");
    expect((await runCommand("query", ["--list", "--json"], {})).trim().split("\n").length).toBeGreaterThanOrEqual(15);
  });

  test("query says what is wrong with a question, all of it", async () => {
    const env = { ...stackSettings(), CLICKHOUSE_DATABASE: database };
    await expect(runCommand("query", ["nothing-of-the-kind"], env)).rejects.toThrow(
      "There is no question nothing-of-the-kind",
    );
    const wrong = ["stars-by-feature", "--param", "days=many", "weeks=2"];
    await expect(runCommand("query", wrong, env)).rejects.toThrow(/weeks[\s\S]*days is "many"/);
    await expect(runCommand("query", ["stars-by-feature"], env)).rejects.toThrow("npm run migrate");
  });
});
