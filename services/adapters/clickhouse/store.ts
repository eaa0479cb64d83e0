// The store on ClickHouse: inserts that may be repeated, typed queries, statements; every failure with its kind.
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setImmediate as breath } from "node:timers/promises";
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { parseColumnType } from "#adapters/column-kinds.ts";
import { type Block, type Pack, type PackedBlock, type Rows, type Store, StoreError } from "#adapters/store-port.ts";
import type { Logger } from "#runtime/logger.ts";
import { type TableName, tables } from "#schemas/clickhouse/tables.ts";
import { type ClickHouseOptions, connectClickHouse, insertSettings } from "./client.ts";
import { toStoreError } from "./errors.ts";
import { encodeNative, type NativeColumn } from "./native.ts";
import { verifyTables } from "./verify.ts";

/** 4 ms of encoding: then others may have the event loop, heartbeats above all. */
const rowsPerPack = 2_000;

const querySettings = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_named_tuples_as_objects: 1,
} as const satisfies ClickHouseSettings;

const isTable = (name: string): name is TableName => Object.hasOwn(tables, name);

const columnsFor = ({ table, columns }: Pick<Rows, "table" | "columns">): readonly NativeColumn[] => {
  if (!isTable(table)) throw new StoreError("configuration", `ClickHouse: nobody lands in a table ${table}`, 60);
  const types: Readonly<Record<string, string>> = tables[table];
  return columns.map((name) => {
    const type = types[name];
    if (type === undefined) throw new StoreError("configuration", `ClickHouse: ${table} has no column ${name}`, 16);
    return { name, ...parseColumnType(type) };
  });
};

interface NativePack extends Pack {
  readonly content: Buffer;
}

/** Packs rows of one table after another; what their columns are is worked out once. */
const createPacker = () => {
  const known = new Map<string, { readonly names: readonly string[]; readonly columns: readonly NativeColumn[] }>();
  let lastSize = 65_536;
  return ({ table, columns, rows }: Rows): NativePack => {
    let found = known.get(table);
    if (found?.names !== columns) {
      found = { names: columns, columns: columnsFor({ table, columns }) };
      known.set(table, found);
    }
    const content = encodeNative(found.columns, rows, lastSize);
    lastSize = content.length;
    return { table, columns, count: rows.length, content };
  };
};

type Packer = ReturnType<typeof createPacker>;

/** All of it before the first byte is sent: a row that does not fit leaves nothing half done. */
const packsOf = async (block: Block | PackedBlock, pack: Packer): Promise<readonly NativePack[]> => {
  // Ours: nobody else makes packs for this store.
  if ("packs" in block) return block.packs as readonly NativePack[];
  const packs: NativePack[] = [];
  for (let from = 0; from < block.rows.length; from += rowsPerPack) {
    if (from > 0) await breath();
    packs.push(pack({ ...block, rows: block.rows.slice(from, from + rowsPerPack) }));
  }
  return packs;
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

const insertPacks = async (
  client: ClickHouseClient,
  packs: readonly NativePack[],
  token: string,
  log: Logger,
): Promise<void> => {
  const [first] = packs;
  if (first === undefined) return;
  const started = performance.now();
  const { stream, summary } = await client.exec({
    query: `INSERT INTO ${quoted(first.table)} (${first.columns.map(quoted).join(", ")}) FORMAT Native`,
    values: Readable.from(
      packs.map(({ content }) => content),
      { objectMode: false },
    ),
    clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
  });
  await finished(stream.resume());
  const rows = packs.reduce((sum, { count }) => sum + count, 0);
  checkTaken(rows, summary ?? {});
  const bytes = packs.reduce((sum, { content }) => sum + content.length, 0);
  const ms = Math.round(performance.now() - started);
  log.debug({ table: first.table, rows, bytes, written: summary?.written_rows, ms }, "inserted");
};

const targetOf = (block: Block | PackedBlock): string => ("packs" in block ? block.packs[0]?.table : block.table) ?? "";

const attemptAt =
  (url: string) =>
  async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      // Ours, not ClickHouse's: a bug must not be taken for an outage.
      if (thrown instanceof TypeError || thrown instanceof RangeError) throw thrown;
      throw toStoreError(what, url, thrown);
    }
  };

export const openClickHouse = ({ log, ...options }: ClickHouseOptions & { readonly log: Logger }): Store => {
  const client = connectClickHouse(options);
  const attempt = attemptAt(options.url);
  const pack = createPacker();

  const query: Store["query"] = (sql, params = {}) =>
    attempt("a query", async () => {
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
      attempt("a ping", async () => {
        const answer = await client.ping({ select: true });
        if (!answer.success) throw answer.error;
      }),
    verify: (names) => verifyTables({ client, query, names }),
    pack,
    insert: (block) =>
      attempt(`an insert into ${targetOf(block)}`, async () =>
        insertPacks(client, await packsOf(block, pack), block.token, log),
      ),
    query,
    command: (sql) => attempt("a command", async () => void (await client.command({ query: sql }))),
    [Symbol.asyncDispose]: () => client.close(),
  };
};
