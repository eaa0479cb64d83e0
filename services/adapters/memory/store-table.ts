// One table of the store's twin: takes blocks as ClickHouse does, typed, whole, and once per token and table partition.
import { type ColumnType, defaultOf, fits, parseColumnType } from "#adapters/column-kinds.ts";
import { type Pack, type Rows, StoreError } from "#adapters/store-port.ts";
import { partitionedBy, type TableName, tables } from "#schemas/clickhouse/tables.ts";

export type Row = Readonly<Record<string, unknown>>;

export interface MemoryPack extends Pack {
  readonly content: readonly Row[];
}

export interface MemoryTable {
  /** Typed and whole; throws where ClickHouse would. */
  pack(rows: Rows): MemoryPack;
  insert(packs: readonly MemoryPack[], token: string): void;
  /** In landing order, copies included. */
  readonly rows: readonly Row[];
}

const monthOf = (time: unknown): string => new Date(Number(time)).toISOString().slice(0, 7);

const partitionOf = (table: TableName, row: Row): string => {
  const time = partitionedBy[table];
  return time === null ? "all" : monthOf(row[time]);
};

const valueFor = (name: string, column: ColumnType, value: unknown): unknown => {
  const given = value ?? defaultOf(column);
  if (given === null || fits(column, given)) return given;
  throw new StoreError("data", `a value of ${name} does not fit ${column.type}`);
};

/** `window`: how many blocks are remembered; an older token is taken for a new one. */
export const createMemoryTable = (table: TableName, window: number): MemoryTable => {
  const columns = new Map(Object.entries(tables[table]).map(([name, type]) => [name, parseColumnType(type)]));
  const rows: Row[] = [];
  /** Block ids: table partition and token, the oldest first. */
  let landed: string[] = [];

  const rowOf = (names: readonly string[], values: readonly unknown[]): Row => {
    const given = new Map(names.map((name, index) => [name, values[index]]));
    return Object.fromEntries([...columns].map(([name, column]) => [name, valueFor(name, column, given.get(name))]));
  };

  return {
    rows,
    pack({ columns: names, rows: given }) {
      const unknown = names.find((name) => !columns.has(name));
      if (unknown !== undefined) throw new StoreError("configuration", `${table} has no column ${unknown}`, 16);
      return { table, columns: names, count: given.length, content: given.map((values) => rowOf(names, values)) };
    },
    insert(packs, token) {
      const made = packs.flatMap(({ content }) => content);
      for (const [partition, part] of Map.groupBy(made, (row) => partitionOf(table, row))) {
        const id = `${partition} ${token}`;
        if (landed.includes(id)) continue;
        rows.push(...part);
        landed = [...landed, id].slice(-window);
      }
    },
  };
};
