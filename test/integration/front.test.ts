// The ClickHouse interface of the stack, as @clickhouse/client sees it: true of the embedded front and of a real server alike.
import { Readable } from "node:stream";
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";

const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: username, CLICKHOUSE_PASSWORD: password } = stackSettings();
const { CLICKHOUSE_DATABASE: database } = freshNamespace();
const connect = (options: object = {}) =>
  createClient({ url, username, password, database, log: { level: ClickHouseLogLevel.OFF }, ...options });

const rowsOf = async (client: ClickHouseClient, query: string, query_params: Record<string, unknown> = {}) =>
  await (await client.query({ query, query_params, format: "JSONEachRow" })).json();

const failureOf = async (work: Promise<unknown>): Promise<ClickHouseError> => {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof ClickHouseError) return error;
  throw new Error("not a ClickHouseError", { cause: error });
};

const post = (query: string, parameters = "", init: RequestInit = {}) =>
  fetch(`${url}/?user=${username}&password=${password}&database=${database}${parameters}`, {
    method: "POST",
    body: query,
    ...init,
  });

describe("the ClickHouse interface", () => {
  const client = connect();

  beforeAll(async () => {
    await using admin = connect({ database: "default" });
    await admin.command({ query: `CREATE DATABASE ${database}` });
    await client.command({
      query: `CREATE TABLE t (a UInt64, b String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY a
        SETTINGS non_replicated_deduplication_window = 100`,
    });
  });

  afterAll(async () => {
    await client.command({ query: `DROP DATABASE ${database}` });
    await client.close();
  });

  it("answers pings, with and without a query", async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  it("binds typed parameters as data, never as SQL", async () => {
    const text = "it's \"\\\t\n`é漢';--";
    const rows = await rowsOf(
      client,
      "SELECT {text:String} AS text, {n:UInt8} AS n, {list:Array(String)} AS list, {none:Nullable(String)} AS none, {at:DateTime64(3, 'UTC')} AS at",
      { text, n: 7, list: ["a'b", "c"], none: null, at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678)) },
    );
    expect(rows).toEqual([{ text, n: 7, list: ["a'b", "c"], none: null, at: "2026-01-02 03:04:05.678" }]);
  });

  it("applies settings to their own request only", async () => {
    const threads = "SELECT toUInt32(getSetting('max_threads')) AS threads";
    const before = await rowsOf(client, threads);
    const result = await client.query({
      query: threads,
      format: "JSONEachRow",
      clickhouse_settings: { max_threads: 3 },
    });
    expect(await result.json()).toEqual([{ threads: 3 }]);
    expect(await rowsOf(client, threads)).toEqual(before);
  });

  it("inserts a stream in any format and counts its rows", async () => {
    const rows = Readable.from(
      [
        [1, "one;\n'", 1_000],
        [2, "two", 2_000],
      ],
      { objectMode: true },
    );
    const inserted = await client.insert({
      table: "t",
      columns: ["a", "b", "at"],
      values: rows,
      format: "JSONCompactEachRow",
    });
    expect(inserted.summary?.written_rows).toBe("2");
    await client.insert({ table: "t", values: [{ a: "3", b: "three", at: 3_000 }], format: "JSONEachRow" });
    await client.insert({
      table: "t",
      values: Readable.from(['4,"fo\n\nur",1970-01-01 00:00:04.000\n'], { objectMode: false }),
      format: "CSV",
    });
    const binary = Buffer.concat([Buffer.from([5, 0, 0, 0, 0, 0, 0, 0, 4]), Buffer.from("five"), Buffer.alloc(8)]);
    await post("", `&query=${encodeURIComponent("INSERT INTO t FORMAT RowBinary")}`, { body: binary });
    expect(
      await rowsOf(client, "SELECT toUInt32(a) AS a, b, toString(toUnixTimestamp64Milli(at)) AS at FROM t ORDER BY a"),
    ).toEqual([
      { a: 1, b: "one;\n'", at: "1000" },
      { a: 2, b: "two", at: "2000" },
      { a: 3, b: "three", at: "3000" },
      { a: 4, b: "fo\n\nur", at: "4000" },
      { a: 5, b: "five", at: "0" },
    ]);
  });

  it("ignores a block whose token it has seen", async () => {
    const insert = () =>
      client.insert({
        table: "t",
        values: [[100, "token", 0]],
        format: "JSONCompactEachRow",
        clickhouse_settings: { async_insert: 0, insert_deduplication_token: "front-test" },
      });
    await insert();
    await insert();
    expect(await rowsOf(client, "SELECT toUInt32(count()) AS n FROM t WHERE a = 100")).toEqual([{ n: 1 }]);
  });

  it.each(["gzip", "zstd"] as const)("takes and gives %s", async (codec) => {
    await using packed = connect({ compression: { request: { codec }, response: { codec } } });
    const values = Array.from({ length: 5_000 }, (_, index) => [1_000 + index, `row ${String(index)} of ${codec}`, 0]);
    await packed.insert({ table: "t", values, format: "JSONCompactEachRow" });
    const found = await rowsOf(packed, "SELECT b FROM t WHERE endsWith(b, {codec:String}) ORDER BY a", { codec });
    expect(found).toEqual(values.map(([, b]) => ({ b })));
    await packed.command({ query: "ALTER TABLE t DELETE WHERE a >= 1000 SETTINGS mutations_sync = 1" });
  });

  it.each([
    ["SELEC 1", 62, 400],
    ["SELECT * FROM missing", 60, 404],
    ["SELECT nonsense", 47, 404],
    ["SELECT 1 SETTINGS no_such_setting = 1", 115, 404],
    ["SELECT {a:UInt8}", 456, 500],
    ["SELECT throwIf(1)", 395, 500],
    ["SELECT 1; SELECT 2", 62, 400],
    ["", 62, 400],
    ['INSERT INTO t FORMAT JSONCompactEachRow\n["x"]', 27, 400],
  ])("reports the failure of %j with code %i and status %i", async (query, code, status) => {
    const response = await post(query);
    expect(response.headers.get("x-clickhouse-exception-code")).toBe(String(code));
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(new RegExp(String.raw`^Code: ${String(code)}\. DB::Exception: `));
  });

  it("gives the client the code and type of an exception", async () => {
    const missing = await failureOf(client.query({ query: "SELECT * FROM missing" }));
    expect(missing).toMatchObject({ code: "60", type: "UNKNOWN_TABLE" });
    await using elsewhere = connect({ database: "no_such_database" });
    expect(await failureOf(elsewhere.query({ query: "SELECT 1" }))).toMatchObject({
      code: "81",
      type: "UNKNOWN_DATABASE",
    });
  });

  it("refuses to change anything on a GET", async () => {
    const query = encodeURIComponent("CREATE TABLE got (a Int8) ENGINE = Memory");
    const response = await post("", `&query=${query}`, { method: "GET", body: null });
    expect(response.headers.get("x-clickhouse-exception-code")).toBe("164");
  });

  it("keeps concurrent requests apart", async () => {
    const numbers = Array.from({ length: 24 }, (_, index) => index);
    const answers = await Promise.all(numbers.map((n) => rowsOf(client, "SELECT {n:UInt8} AS n", { n })));
    expect(answers).toEqual(numbers.map((n) => [{ n }]));
  });
});
