// Brings a database up to the numbered migrations: each once, unchanged since, under a lock that outlives no dead holder for long.
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { type Store, StoreError } from "#adapters/store-port.ts";
import { AppError } from "#runtime/errors.ts";
import type { Migration } from "#schemas/clickhouse/migrations.ts";

export interface MigrateOptions {
  /** Opens the server at a database, which need not be ours. */
  readonly open: (database: string) => Store;
  readonly database: string;
  readonly migrations: readonly Migration[];
  readonly access: readonly Migration[];
  readonly dryRun: boolean;
  readonly warn: (message: string) => void;
}

/** A type, not an interface: a row of a table to print. */
export type MigrationOutcome = {
  readonly migration: string;
  readonly state: "already there" | "applied" | "would be applied" | "skipped";
};

const exists = 57;
const notGranted = 497;

const literal = (text: string): string => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;

const failed = (step: Migration, cause: unknown): AppError =>
  new AppError("migration", `${step.file} failed`, {
    cause,
    cure: "Its statements may be repeated: put the cause right and run npm run migrate again.",
  });

/** Checksums by number; none where nothing ever ran. */
const readApplied = async (store: Store, database: string): Promise<ReadonlyMap<number, string>> => {
  const found = await store.query(
    "SELECT 1 FROM system.tables WHERE database = {database:String} AND name = '_migrations'",
    {
      database,
    },
  );
  if (found.length === 0) return new Map();
  const rows = await store.query(`SELECT number, checksum FROM ${database}._migrations FINAL ORDER BY number`);
  return new Map(rows.map(({ number, checksum }) => [Number(number), String(checksum)]));
};

/** Those still to run, after checking that those that ran are the ones we know. */
const pendingOf = (migrations: readonly Migration[], applied: ReadonlyMap<number, string>): readonly Migration[] => {
  const changed = migrations.filter(({ number, checksum }) => (applied.get(number) ?? checksum) !== checksum);
  if (changed.length > 0)
    throw new AppError("migration", `changed after they ran: ${changed.map(({ file }) => file).join(", ")}`, {
      cure: "Give the file back its old text and put the change into a new one with the next number.",
    });
  const known = new Set(migrations.map(({ number }) => number));
  const ahead = [...applied.keys()].filter((number) => !known.has(number));
  if (ahead.length > 0)
    throw new AppError("migration", `the database has gone through migrations unknown here: ${ahead.join(", ")}`, {
      cure: "Run a version of Earshot at least as new as the one that migrated it.",
    });
  return migrations.filter(({ number }) => !applied.has(number));
};

const staleAfterSeconds = 300;
const patienceMs = 60_000;
const pollMs = 250;

const lockStatement = (holder: string, since: string): string =>
  `CREATE TABLE _migrating (nothing UInt8) ENGINE = Null COMMENT ${literal(JSON.stringify({ holder, since }))}`;

const timeOf = async (store: Store): Promise<string> =>
  String((await store.query("SELECT toString(now('UTC')) AS now"))[0]?.["now"]);

interface Lock {
  readonly holder: string;
  readonly since: string;
}

const readLock = async (store: Store): Promise<(Lock & { readonly age: number }) | null> => {
  const [row] = await store.query(
    "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = '_migrating'",
  );
  if (row === undefined) return null;
  const lock = JSON.parse(String(row["comment"])) as Lock;
  return { ...lock, age: (Date.parse(await timeOf(store)) - Date.parse(lock.since)) / 1000 };
};

/** CREATE TABLE is what a server does atomically for one of many; the comment says who it was. */
const withLock = async (store: Store, warn: (message: string) => void, work: () => Promise<void>): Promise<void> => {
  const holder = `${hostname()}:${process.pid}`;
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      await store.command(lockStatement(holder, await timeOf(store)));
      break;
    } catch (error) {
      if (!(error instanceof StoreError && error.serverCode === exists)) throw error;
    }
    const lock = await readLock(store);
    if (lock !== null && lock.age > staleAfterSeconds) {
      warn(`taking over from ${lock.holder}, which began at ${lock.since} and is no longer heard of`);
      await store.command("DROP TABLE IF EXISTS _migrating");
    } else if (performance.now() > deadline) {
      throw new AppError(
        "migration",
        `${lock?.holder ?? "somebody"} has been migrating since ${lock?.since ?? "just now"}`,
        {
          cure: "Wait for it; five minutes after its start the next run takes over.",
        },
      );
    } else await pause(pollMs);
  }
  try {
    await work();
  } finally {
    await store.command("DROP TABLE IF EXISTS _migrating");
  }
};

const run = async (store: Store, step: Migration): Promise<void> => {
  try {
    for (const statement of step.statements) await store.command(statement);
  } catch (error) {
    throw failed(step, error);
  }
};

const apply = async (store: Store, step: Migration): Promise<void> => {
  await run(store, step);
  await store.command(
    `INSERT INTO _migrations (number, file, checksum) VALUES (${step.number}, ${literal(step.file)}, ${literal(step.checksum)})`,
  );
};

/** An engine without users, or a user without rights over them, answers 497; then at least the syntax is checked. */
const grant = async (store: Store, step: Migration, warn: (message: string) => void): Promise<MigrationOutcome> => {
  const outcome = { migration: `access/${step.file}` };
  try {
    for (const statement of step.statements) await store.command(statement);
    return { ...outcome, state: "applied" };
  } catch (error) {
    if (!(error instanceof StoreError && error.serverCode === notGranted)) throw failed(step, error);
  }
  for (const statement of step.statements) {
    await store.query(`EXPLAIN AST ${statement}`).catch((error: unknown) => {
      throw failed(step, error);
    });
  }
  warn(`access/${step.file} was skipped: this ClickHouse has no access control, or its user may not manage it`);
  return { ...outcome, state: "skipped" };
};

export const migrate = async (options: MigrateOptions): Promise<readonly MigrationOutcome[]> => {
  const { open, database, migrations, access, dryRun, warn } = options;
  await using server = open("default");
  const applied = await readApplied(server, database);
  const pending = pendingOf(migrations, applied);
  const outcomes = (did: "applied" | "would be applied"): MigrationOutcome[] =>
    migrations.map((step) => ({ migration: step.file, state: pending.includes(step) ? did : "already there" }));
  if (dryRun)
    return [
      ...outcomes("would be applied"),
      ...access.map(({ file }) => ({ migration: `access/${file}`, state: "would be applied" as const })),
    ];

  await server.command(`CREATE DATABASE IF NOT EXISTS ${database}`);
  await using store = open(database);
  if (pending.length > 0) {
    await withLock(store, warn, async () => {
      await store.command(`CREATE TABLE IF NOT EXISTS _migrations (
        number UInt32, file String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
      ) ENGINE = ReplacingMergeTree ORDER BY number`);
      // Somebody may have run them while we waited.
      for (const step of pendingOf(migrations, await readApplied(server, database))) await apply(store, step);
    });
  }
  const granted: MigrationOutcome[] = [];
  for (const step of access) granted.push(await grant(store, step, warn));
  return [...outcomes("applied"), ...granted];
};
