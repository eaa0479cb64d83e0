// Puts rows into tables as the lander does, by column name with defaults, on a database of its own.
import { migrate } from "#adapters/clickhouse/migrate.ts";
import { openClickHouse } from "#adapters/clickhouse/store.ts";
import type { Store } from "#adapters/store-port.ts";
import { silentLogger as log } from "#runtime/logger.ts";
import { readMigrations } from "#schemas/clickhouse/migrations.ts";
import { type ColumnOf, columnsOf, type TableName } from "#schemas/clickhouse/tables.ts";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";

type Values<T extends TableName> = Readonly<Partial<Record<ColumnOf<T>, unknown>>>;

export interface Landed extends AsyncDisposable {
  readonly store: Store;
  readonly database: string;
  /** Under a token of its own, so that a copy is a copy. */
  land<T extends TableName>(table: T, ...rows: readonly Values<T>[]): Promise<void>;
}

/** What every row carries unless a test says otherwise. */
const usual: { readonly [T in TableName]: Values<T> } = {
  signals: {
    tenant: "acme",
    session_id: "s-1",
    detector_version: "1",
    config_hash: "c1",
    origin: "live",
    revision: 1,
    provenance_status: "resolved",
    _inc: 1,
  },
  responses: { tenant: "acme", _inc: 1 },
  tallies: { tenant: "acme", detector_version: "1", config_hash: "c1", stamp: 1, _inc: 1 },
  late: { tenant: "acme", reason: "late", _inc: 1 },
  reject_rows: { source_topic: "interactions", _inc: 1 },
  reject_bytes: { _inc: 1 },
  change_rows: { tenant: "acme", _inc: 1 },
  incident_rows: { tenant: "acme", rev: 1, _inc: 1 },
  delivery_rows: { tenant: "acme", attempt: 1, _inc: 1 },
  landings: { inc: 1 },
};

export const openLanded = async (): Promise<Landed> => {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = stackSettings();
  const database = freshNamespace().CLICKHOUSE_DATABASE;
  const open = (name: string): Store => openClickHouse({ url, user, password, database: name, log });
  await migrate({ open, database, migrations: readMigrations(), access: [], dryRun: false, warn: () => undefined });
  const store = open(database);
  let tokens = 0;
  return {
    store,
    database,
    land: async (table, ...rows) => {
      tokens += 1;
      const columns = columnsOf(table);
      const values = rows.map((row) => {
        const given: Readonly<Record<string, unknown>> = { ...usual[table], ...row };
        return columns.map((name) => given[name]);
      });
      await store.insert({ table, columns, rows: values, token: `t${tokens}` });
    },
    async [Symbol.asyncDispose]() {
      await store.command(`DROP DATABASE ${database}`);
      await store[Symbol.asyncDispose]();
    },
  };
};
