// The store on ClickHouse: inserts that may be repeated, typed queries, statements; every failure with its kind.
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setImmediate as breath } from "node:timers/promises";
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { parseColumnType } from "#adapters/column-kinds.ts";
import { type Block, type Store, StoreError } from "#adapters/store-port.ts";
import type { Logger } from "#runtime/logger.ts";
import { type TableName, tables } from "#schemas/clickhouse/tables.ts";
import { type ClickHouseOptions, connectClickHouse, insertSettings } from "./client.ts";
import { toStoreError } from "./errors.ts";
import { encodeNative, type NativeColumn } from "./native.ts";
import { verifyTables } from "./verify.ts";

/** 4 ms of encoding: then others may have the event loop, heartbeats above all. */
const rowsPerSlice = 2_000;

const querySettings = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_named_tuples_as_objects: 1,
} as const satisfies ClickHouseSettings;

const isTable = (name: string): name is TableName => Object.hasOwn(tables, name);

const columnsFor = ({ table, columns }: Block): readonly NativeColumn[] => {
  if (!isTable(table)) throw new StoreError("configuration", `ClickHouse: nobody lands in a table ${table}`, 60);
  const types: Readonly<Record<string, string>> = tables[table];
  return columns.map((name) => {
    const type = types[name];
    if (type === undefined) throw new StoreError("configuration", `ClickHouse: ${table} has no column ${name}`, 16);
    return { name, ...parseColumnType(type) };
  });
};

/** All of it before the first byte is sent: a row that does not fit leaves nothing half done. */
const encodeBlock = async (columns: readonly NativeColumn[], { rows }: Block): Promise<Buffer[]> => {
  const slices: Buffer[] = [];
  for (let from = 0; from < rows.length; from += rowsPerSlice) {
    if (from > 0) await breath();
    const slice = encodeNative(columns, rows.slice(from, from + rowsPerSlice), slices.at(-1)?.length);
    slices.push(slice);
  }
  return slices;
};

const quoted = (name: string): string => `\`${name}\``;

/** 0 written is what a repeated token gets; more than sent, views. Fewer read *and* written than sent: a body cut on its way. */
const checkTaken = (sent: number, summary: { readonly read_rows?: string; readonly written_rows?: string }): void => {
  const written = Number(summary.written_rows ?? sent);
  const read = Number(summary.read_rows ?? 0);
  if (written > 0 && written < sent && read > 0 && read < sent)
    throw new StoreError(
      "configuration",
      `ClickHouse took ${written} of ${sent} rows: something on the way cuts requests`,
    );
};

const insertBlock = async (client: ClickHouseClient, block: Block, log: Logger): Promise<void> => {
  if (block.rows.length === 0) return;
  const started = performance.now();
  const body = await encodeBlock(columnsFor(block), block);
  const encoded = performance.now();
  const { stream, summary } = await client.exec({
    query: `INSERT INTO ${quoted(block.table)} (${block.columns.map(quoted).join(", ")}) FORMAT Native`,
    values: Readable.from(body, { objectMode: false }),
    clickhouse_settings: { ...insertSettings, insert_deduplication_token: block.token },
  });
  await finished(stream.resume());
  checkTaken(block.rows.length, summary ?? {});
  const ms = { encodeMs: Math.round(encoded - started), insertMs: Math.round(performance.now() - encoded) };
  const bytes = body.reduce((sum, slice) => sum + slice.length, 0);
  log.debug({ table: block.table, rows: block.rows.length, bytes, written: summary?.written_rows, ...ms }, "inserted");
};

const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    // Ours, not ClickHouse's: a bug must not be taken for an outage.
    if (thrown instanceof TypeError || thrown instanceof RangeError) throw thrown;
    throw toStoreError(what, thrown);
  }
};

export const openClickHouse = ({ log, ...options }: ClickHouseOptions & { readonly log: Logger }): Store => {
  const client = connectClickHouse(options);

  const query: Store["query"] = (sql, params = {}) =>
    attempt("query", async () => {
      const result = await client.query({
        query: sql,
        format: "JSONEachRow",
        query_params: { ...params },
        clickhouse_settings: querySettings,
      });
      return result.json<Record<string, unknown>>();
    });

  return {
    ping: () =>
      attempt("ping", async () => {
        const answer = await client.ping({ select: true });
        if (!answer.success) throw answer.error;
      }),
    verify: (names) => verifyTables({ client, query, names }),
    insert: (block) => attempt(`insert into ${block.table}`, () => insertBlock(client, block, log)),
    query,
    command: (sql) => attempt("command", async () => void (await client.command({ query: sql }))),
    [Symbol.asyncDispose]: () => client.close(),
  };
};
