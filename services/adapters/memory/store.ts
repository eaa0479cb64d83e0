// The in-process twin of ClickHouse: same port, same promises about tokens, typed tables as migrated, faults to order.
import { kindOfCode } from "#adapters/store-codes.ts";
import { type Rows, type Store, StoreError } from "#adapters/store-port.ts";
import { type TableName, tables } from "#schemas/clickhouse/tables.ts";
import { createStoreFaults, type StoreFaults, type StoreRequest } from "./store-faults.ts";
import { parseMemoryQuery } from "./store-query.ts";
import { createMemoryTable, type MemoryPack, type MemoryTable, type Row } from "./store-table.ts";

export interface MemoryStoreOptions {
  /** Blocks that a table remembers by their token. */
  readonly window?: number;
  /** Tables there are; the default is all, as after a migration. */
  readonly tables?: readonly TableName[];
}

export interface MemoryStore {
  connect(): Store;
  readonly faults: StoreFaults;
  /** In landing order, copies included: what no revision or view has hidden. */
  rows(table: TableName): readonly Row[];
}

const errorOf = (code: number, what: string): StoreError =>
  new StoreError(kindOfCode(code), `ClickHouse: ${what} (code ${code})`, code);

export const createMemoryStore = (options: MemoryStoreOptions = {}): MemoryStore => {
  const { window = 10_000, tables: present = Object.keys(tables) as TableName[] } = options;
  const byName = new Map<string, MemoryTable>(present.map((name) => [name, createMemoryTable(name, window)]));
  const faults = createStoreFaults();

  const tableOf = (name: string): MemoryTable => {
    const table = byName.get(name);
    if (table === undefined) throw errorOf(60, `there is no table ${name}`);
    return table;
  };

  const pack = (rows: Rows): MemoryPack => tableOf(rows.table).pack(rows);

  /** As a request over the network: it may not arrive, and its reply may not either. */
  const request = async <T>(kind: StoreRequest, work: () => T): Promise<T> => {
    const mishap = await faults.next(kind);
    if (mishap === "refuse") throw new StoreError("retryable", `ClickHouse: ${kind}: connection refused`);
    if (mishap === "hang") throw new StoreError("retryable", `ClickHouse: ${kind}: timed out`);
    if (typeof mishap === "number") throw errorOf(mishap, kind);
    const result = work();
    if (mishap === "reset") throw new StoreError("retryable", `ClickHouse: ${kind}: connection reset`);
    return result;
  };

  const connect = (): Store => ({
    ping: () => request("ping", () => undefined),
    verify: (names) =>
      request("verify", () => {
        const missing = names.filter((name) => !byName.has(name));
        if (missing.length === 0) return;
        throw new StoreError("configuration", `ClickHouse lacks tables: ${missing.join("; ")}`, 60);
      }),
    pack,
    insert: (block) =>
      request("insert", () => {
        const packs = "packs" in block ? (block.packs as readonly MemoryPack[]) : [pack(block)];
        const [first] = packs;
        if (first !== undefined && first.count > 0) tableOf(first.table).insert(packs, block.token);
      }),
    query: (sql, params = {}) =>
      request("query", () => {
        const query = parseMemoryQuery(sql);
        return query.run(tableOf(query.table).rows, params);
      }),
    // Statements change nothing here: the tables are as migrated.
    command: () => request("command", () => undefined),
    [Symbol.asyncDispose]: async () => undefined,
  });

  return { connect, faults, rows: (table) => tableOf(table).rows };
};

/** By name, for `memory://name`: processes share ClickHouse by its address, and so do parts of one process. */
const byName = new Map<string, MemoryStore>();

export const memoryStore = (name: string): MemoryStore => {
  const store = byName.get(name) ?? createMemoryStore();
  byName.set(name, store);
  return store;
};
