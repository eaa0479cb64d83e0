// The boot check: tables and columns exist, and no setting of the server or a table lets a repeated token insert twice.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Store } from "#adapters/store-port.ts";
import { AppError } from "#runtime/errors.ts";
import { type TableName, tables } from "#schemas/clickhouse/tables.ts";
import { insertSettings } from "./client.ts";

/** Blocks that a table remembers: 10,000 at three a second are an hour of outage. */
const leastWindow = 10_000;
/** Replicated tables forget by time as well, by default after an hour. */
const leastWindowSeconds = 604_800;

const migrate = "Run: npm run migrate";

interface VerifyPorts {
  readonly client: ClickHouseClient;
  readonly query: Store["query"];
  readonly names: readonly TableName[];
}

/** As an insert sees them. What a server version lacks is not required of it. */
const readSettings = async (client: ClickHouseClient): Promise<ReadonlyMap<string, string>> => {
  const wanted = [...Object.keys(insertSettings), "deduplicate_insert"];
  const result = await client.query({
    query: "SELECT name, value FROM system.settings WHERE name IN {wanted:Array(String)}",
    query_params: { wanted },
    format: "JSONEachRow",
    clickhouse_settings: insertSettings,
  });
  const rows = await result.json<{ name: string; value: string }>();
  return new Map(rows.map(({ name, value }) => [name, value]));
};

const settingMistakes = (settings: ReadonlyMap<string, string>): string[] => {
  const expected = { ...insertSettings, deduplicate_insert: "enable" };
  return Object.entries(expected).flatMap(([name, value]) => {
    const found = settings.get(name);
    return found === undefined || found === String(value) ? [] : [`${name} is ${found}, not ${value}`];
  });
};

const numberIn = (engine: string, setting: string): number | undefined => {
  const [, value] = new RegExp(`\\b${setting} = (\\d+)`).exec(engine) ?? [];
  return value === undefined ? undefined : Number(value);
};

/** Shared and Replicated engines keep their blocks in Keeper, plain ones beside the data; each has its own setting. */
const windowMistakes = (table: string, engine: string): string[] => {
  const replicated = /^(Replicated|Shared)/.test(engine);
  const least = replicated
    ? { replicated_deduplication_window: leastWindow, replicated_deduplication_window_seconds: leastWindowSeconds }
    : { non_replicated_deduplication_window: leastWindow };
  return Object.entries(least).flatMap(([setting, atLeast]) => {
    const found = numberIn(engine, setting) ?? 0;
    return found >= atLeast ? [] : [`${table}: ${setting} is ${found}, less than ${atLeast}`];
  });
};

const refuseIf = (mistakes: readonly string[], what: string, code: "missing_table" | "store_mismatch"): void => {
  if (mistakes.length > 0) throw new AppError(code, `${what}: ${mistakes.join("; ")}`, { cure: migrate });
};

export const verifyTables = async ({ client, query, names }: VerifyPorts): Promise<void> => {
  const found = await query(
    "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}",
    { names },
  );
  const engines = new Map(found.map(({ name, engine_full: engine }) => [String(name), String(engine)]));
  refuseIf(
    names.filter((name) => !engines.has(name)),
    "ClickHouse lacks tables",
    "missing_table",
  );

  const columns = await query(
    "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table IN {names:Array(String)}",
    { names },
  );
  const types = new Map(columns.map(({ table, name, type }) => [`${String(table)}.${String(name)}`, String(type)]));
  const wrong = names.flatMap((table) =>
    Object.entries(tables[table])
      .filter(([name, type]) => types.get(`${table}.${name}`) !== type)
      .map(([name, type]) => `${table}.${name} is ${types.get(`${table}.${name}`) ?? "missing"}, not ${type}`),
  );
  refuseIf(wrong, "ClickHouse has other columns", "missing_table");

  const settings = settingMistakes(await readSettings(client));
  const windows = [...engines].flatMap(([table, engine]) => windowMistakes(table, engine));
  refuseIf([...settings, ...windows], "ClickHouse would insert a repeated block twice", "store_mismatch");
};
