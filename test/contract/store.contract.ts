// What every store promises, whoever keeps it: the suite that ClickHouse and its in-process twin both pass.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Block, Store } from "#adapters/store-port.ts";
import { columnsOf, type TableName, tables } from "#schemas/clickhouse/tables.ts";

export interface StoreUnderTest extends AsyncDisposable {
  /** On migrated tables that no other test uses. */
  readonly store: Store;
  /** On a database where nothing was ever migrated. */
  readonly bare: Store;
  /** In landing order or not, copies included. */
  rows(table: TableName): Promise<readonly Record<string, unknown>[]>;
  /** What befalls the next insert: not taken, or taken and the reply lost. */
  failNext(how: "refuse" | "reset"): void;
  /** Nothing answers until `comeBack`. */
  goAway(): void;
  comeBack(): void;
  /** The next insert gets no answer: it fails by its time-out, which this test keeps short. */
  hangNext(): void;
}

/** The tenth of this month: far from the retention of any table, and thirty days before it is another month. */
const today = new Date();
const base = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 10, 10);
const day = 86_400_000;

const landing = (first: number, rows = 1): readonly unknown[] => [1, "topic", 0, first, first + 9, rows, `t${first}`];

const landings = (token: string, ...rows: readonly (readonly unknown[])[]): Block => ({
  table: "landings",
  columns: columnsOf("landings"),
  rows,
  token,
});

/** Rows of a few named columns; the rest takes its defaults. */
const block = (table: TableName, token: string, ...rows: readonly Readonly<Record<string, unknown>>[]): Block => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { table, columns, rows: rows.map((row) => columns.map((name) => row[name])), token };
};

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Texts that went wrong somewhere before: line ends, quotes, zero bytes, every plane of Unicode, longer than any length byte. */
const awkward = [
  "",
  "a\n\nb",
  "\r\n\t\\ \" ' ` ; -- /* */",
  "\u0000\u0001\u001b[31m\u007f",
  "שלום \u202eabc\u202c",
  "😀👩‍👩‍👧‍👦 é e\u0301",
  "x".repeat(127),
  "é".repeat(64),
  "x".repeat(128),
  "y".repeat(40_000),
];

export const storeContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describe(`the store port on ${name}`, () => {
    let tested: StoreUnderTest;
    let count = 0;
    let token = "";

    beforeAll(async () => {
      tested = await open();
    });
    afterAll(() => tested[Symbol.asyncDispose]());
    beforeEach(() => {
      count += 1;
      token = `1/topic:${count}`;
    });

    const insert = (given: Block): Promise<void> => tested.store.insert(given);
    const rangesOf = async (first: number): Promise<number> =>
      (await tested.rows("landings")).filter((row) => row["first"] === first).length;
    const idsLike = async (table: TableName, column: string, start: string): Promise<string[]> =>
      (await tested.rows(table))
        .map((row) => String(row[column]))
        .filter((value) => value.startsWith(start))
        .toSorted();

    test("it answers a ping and finds its tables as the lander needs them", async () => {
      await expect(tested.store.ping()).resolves.toBeUndefined();
      await expect(tested.store.verify(Object.keys(tables) as TableName[])).resolves.toBeUndefined();
    });

    test("rows come back as they were given", async () => {
      const signal = {
        event_id: `${token}-whole`,
        ts: base + 7,
        event_type: "implicit:copy",
        tenant: "acme",
        session_id: "s-1",
        revision: 3,
        retracted: true,
        source_last_offset: Number.MAX_SAFE_INTEGER,
        schema_id: -2_147_483_648,
        utc_offset_min: -570,
        window_start: base - 1,
        evidence: ["e-1", "", "e-3"],
        score: 0.1,
      };
      await insert(block("signals", token, signal));
      const found = (await tested.rows("signals")).filter((row) => row["event_id"] === signal.event_id);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject(signal);
    });

    test("absent values become the column's default, or stay null where the column allows it", async () => {
      await insert(
        block("signals", token, {
          event_id: `${token}-null`,
          ts: base,
          feature: null,
          revision: undefined,
          utc_offset_min: null,
        }),
      );
      const row = (await tested.rows("signals")).find(({ event_id: id }) => id === `${token}-null`);
      expect(row).toMatchObject({
        feature: "",
        revision: 0,
        retracted: false,
        evidence: [],
        utc_offset_min: null,
        window_end: null,
        score: null,
      });
    });

    test("texts of every kind arrive unharmed, in plain, hot and array columns", async () => {
      await insert(
        block(
          "signals",
          token,
          ...awkward.map((text, index) => ({
            event_id: `${token}-${index}`,
            ts: base,
            event_value: text,
            feature: text,
            evidence: [text, text],
          })),
        ),
      );
      const rows = new Map((await tested.rows("signals")).map((row) => [row["event_id"], row]));
      for (const [index, text] of awkward.entries())
        expect(rows.get(`${token}-${index}`)).toMatchObject({
          event_value: text,
          feature: text,
          evidence: [text, text],
        });
    });

    test("a large block of many values is one block", async () => {
      const rows = Array.from({ length: 7_001 }, (_, index) => ({
        event_id: `${token}-many-${index}`,
        ts: base + index,
        feature: `f${index % 300}`,
        locale: `l${index}`,
        source_first_offset: index * 1_000_003,
      }));
      await insert(block("signals", token, ...rows));
      await insert(block("signals", token, ...rows));
      const found = (await tested.rows("signals")).filter(({ event_id: id }) =>
        String(id).startsWith(`${token}-many-`),
      );
      expect(found).toHaveLength(rows.length);
      const byId = new Map(found.map((row) => [row["event_id"], row]));
      for (const row of rows) expect(byId.get(row.event_id)).toMatchObject(row);
    });

    test("rows packed in parts are one block, however often it is inserted", async () => {
      const first = count * 1000;
      const part = (...offsets: readonly number[]) =>
        tested.store.pack(landings("", ...offsets.map((offset) => landing(first + offset))));
      const packed = { token, packs: [part(0, 1), part(2)] };
      await tested.store.insert(packed);
      await tested.store.insert(packed);
      for (const offset of [0, 1, 2]) expect(await rangesOf(first + offset)).toBe(1);
      await tested.store.insert({ token: `${token}-none`, packs: [] });
    });

    test("a row that does not fit is found when it is packed", () => {
      const bad = block("signals", token, { event_id: "x", ts: base, revision: -1 });
      expect(() => tested.store.pack(bad)).toThrow("a value of revision does not fit UInt32");
    });

    test("no rows are no insert", async () => {
      await insert(landings(token));
      await insert(landings(token, landing(count * 1000)));
      expect(await rangesOf(count * 1000)).toBe(1);
    });

    test("a repeated token inserts nothing, whatever comes under it", async () => {
      const first = count * 1000;
      await insert(landings(token, landing(first)));
      await insert(landings(token, landing(first)));
      await insert(landings(token, landing(first + 1)));
      expect(await rangesOf(first)).toBe(1);
      expect(await rangesOf(first + 1)).toBe(0);
    });

    test("equal rows under two tokens are two blocks, and one token serves two tables", async () => {
      const first = count * 1000;
      await insert(landings(`${token}a`, landing(first)));
      await insert(landings(`${token}b`, landing(first)));
      await insert(block("reject_bytes", `${token}a`, { reject_id: token, append_ts: base, value_base64: "AAoK" }));
      expect(await rangesOf(first)).toBe(2);
      expect(await idsLike("reject_bytes", "reject_id", token)).toEqual([token]);
    });

    test("a block over two months is two blocks under one token, and a repeat completes what is missing", async () => {
      const rejected = (id: string, at: number) => ({ reject_id: `${token}-${id}`, append_ts: at });
      await insert(block("reject_rows", token, rejected("a", base)));
      await insert(block("reject_rows", token, rejected("a", base), rejected("b", base - 30 * day)));
      await insert(block("reject_rows", token, rejected("a", base), rejected("b", base - 30 * day)));
      expect(await idsLike("reject_rows", "reject_id", token)).toEqual([`${token}-a`, `${token}-b`]);
    });

    test.for<[string, Readonly<Record<string, unknown>>]>([
      ["a text for a number", { revision: "3" }],
      ["a fraction for an integer", { revision: 1.5 }],
      ["a number beyond its column", { revision: 2 ** 32 }],
      ["a negative offset", { source_last_offset: -1 }],
      ["an integer too large to be exact", { source_last_offset: 2 ** 53 }],
      ["a number for a text", { tenant: 7 }],
      ["a text for a list", { evidence: "e-1" }],
      ["a list with a number in it", { evidence: ["e-1", 2] }],
      ["a number for a boolean", { retracted: 1 }],
      ["no time", { ts: Number.NaN }],
      ["a time in microseconds", { ts: base * 1000 }],
    ])("%s is refused as data, and nothing of the block lands", async ([, wrong]) => {
      const good = { event_id: `${token}-good`, ts: base, tenant: "acme" };
      const error = await failure(
        insert(block("signals", token, good, { ...good, event_id: `${token}-bad`, ...wrong })),
      );
      expect(error).toMatchObject({ name: "StoreError", kind: "data", code: "row_refused" });
      // The column is named, and no value is.
      expect(String(error)).toContain(Object.keys(wrong)[0]);
      expect(String(error)).not.toContain("acme");
      expect(await idsLike("signals", "event_id", token)).toEqual([]);
      await insert(block("signals", token, good));
      expect(await idsLike("signals", "event_id", token)).toEqual([`${token}-good`]);
    });

    test("a column that the table lacks is a mistake of ours, not the row's", async () => {
      const error = await failure(insert({ table: "landings", columns: ["nope"], rows: [["x"]], token }));
      expect(error).toMatchObject({ kind: "configuration", serverCode: 16, cure: "Run: npm run migrate" });
    });

    test("without tables it says what to run", async () => {
      const cure = { code: "missing_table", cure: "Run: npm run migrate" };
      expect(await failure(tested.bare.insert(landings(token, landing(0))))).toMatchObject({
        kind: "configuration",
        ...cure,
      });
      expect(await failure(tested.bare.query("SELECT count() AS n FROM landings"))).toMatchObject(cure);
      expect(await failure(tested.bare.verify(["signals", "landings"]))).toMatchObject(cure);
    });

    test("an insert that was not taken is retryable, and the same block lands later", async () => {
      const first = count * 1000;
      tested.failNext("refuse");
      expect(await failure(insert(landings(token, landing(first))))).toMatchObject({
        kind: "retryable",
        retryable: true,
      });
      expect(await rangesOf(first)).toBe(0);
      await insert(landings(token, landing(first)));
      expect(await rangesOf(first)).toBe(1);
    });

    test("an insert whose reply was lost is retryable, and repeating it adds nothing", async () => {
      const first = count * 1000;
      tested.failNext("reset");
      expect(await failure(insert(landings(token, landing(first))))).toMatchObject({ kind: "retryable" });
      await insert(landings(token, landing(first)));
      expect(await rangesOf(first)).toBe(1);
    });

    test("an insert without an answer ends by its time-out as retryable", async () => {
      const first = count * 1000;
      tested.hangNext();
      expect(await failure(insert(landings(token, landing(first))))).toMatchObject({ kind: "retryable" });
      await insert(landings(token, landing(first)));
      expect(await rangesOf(first)).toBe(1);
    });

    test("while it is away every request says so, and afterwards all is as before", async () => {
      const first = count * 1000;
      tested.goAway();
      const requests = [
        tested.store.ping(),
        tested.store.query("SELECT count() AS n FROM landings"),
        tested.store.verify(["landings"]),
        insert(landings(token, landing(first))),
      ];
      for (const request of requests)
        expect(await failure(request)).toMatchObject({ kind: "retryable", code: "store_unavailable" });
      tested.comeBack();
      await tested.store.ping();
      await insert(landings(token, landing(first)));
      expect(await rangesOf(first)).toBe(1);
    });

    test("questions take typed parameters, and 64-bit integers come back as numbers", async () => {
      const first = Number.MAX_SAFE_INTEGER - 20 - count;
      await insert(landings(token, landing(first)));
      const where = "topic = {topic:String} AND first = {first:UInt64} AND inc = {inc:UInt32}";
      const given = { topic: "topic", first, inc: 1 };
      const ask = (what: string) => tested.store.query(`SELECT ${what} FROM landings WHERE ${where} LIMIT 1`, given);
      expect(await ask("1 AS found")).toEqual([{ found: 1 }]);
      expect(await ask("token, last")).toEqual([{ token: `t${first}`, last: first + 9 }]);
      expect(await ask("count() AS n, max(last) + 1 AS next")).toEqual([{ n: 1, next: first + 10 }]);
      expect(await tested.store.query(`SELECT 1 AS found FROM landings WHERE ${where}`, { ...given, inc: 2 })).toEqual(
        [],
      );
    });

    test("two hundred inserts at once all land", async () => {
      const first = 10_000_000 + count * 1000;
      await Promise.all(Array.from({ length: 200 }, (_, n) => insert(landings(`${token}/${n}`, landing(first + n)))));
      const found = (await tested.rows("landings")).filter(
        (row) => Number(row["first"]) >= first && Number(row["first"]) < first + 1000,
      );
      expect(found).toHaveLength(200);
    });
  });
};
