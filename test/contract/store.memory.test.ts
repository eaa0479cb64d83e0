// The in-process twin of ClickHouse keeps the store's contract, and its window forgets as ClickHouse's does.
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "#adapters/memory/store.ts";
import { openStore } from "#adapters/store.ts";
import { silentLogger } from "#runtime/logger.ts";
import { columnsOf } from "#schemas/clickhouse/tables.ts";
import { storeContract } from "./store.contract.ts";

storeContract("the in-process twin", async () => {
  const twin = createMemoryStore();
  return {
    store: twin.connect(),
    bare: createMemoryStore({ tables: [] }).connect(),
    rows: async (table) => twin.rows(table),
    failNext: (how) => twin.faults.order("insert", how),
    goAway: () => twin.faults.goAway(),
    comeBack: () => twin.faults.comeBack(),
    hangNext: () => {
      twin.faults.order("insert", "hang");
      setImmediate(() => twin.faults.release());
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
});

const landing = (token: string) => ({
  table: "landings",
  columns: columnsOf("landings"),
  rows: [[1, "topic", 0, 0, 9, 1, token]],
  token,
});

describe("the store's twin alone", () => {
  test("forgets all but the newest tokens, as ClickHouse does: with a window of 2, tokens 1, 2, 3, 1 are four blocks", async () => {
    const twin = createMemoryStore({ window: 2 });
    const store = twin.connect();
    for (const token of ["1", "2", "3", "1", "1", "3"]) await store.insert(landing(token));
    expect(twin.rows("landings").map((row) => row["token"])).toEqual(["1", "2", "3", "1"]);
  });

  test("gives the errors that were ordered, by ClickHouse's code", async () => {
    const twin = createMemoryStore();
    twin.faults.order("insert", 252, 516, 999_999);
    const store = twin.connect();
    await expect(store.insert(landing("1"))).rejects.toMatchObject({ kind: "retryable", serverCode: 252 });
    await expect(store.insert(landing("1"))).rejects.toMatchObject({ kind: "configuration", code: "forbidden" });
    // Unknown to us: waiting loses nothing.
    await expect(store.insert(landing("1"))).rejects.toMatchObject({ kind: "retryable" });
    await store.insert(landing("1"));
    expect(twin.rows("landings")).toHaveLength(1);
  });

  test("refuses questions beyond its few instead of guessing", async () => {
    const store = createMemoryStore().connect();
    await expect(store.query("SELECT uniq(token) FROM landings GROUP BY topic")).rejects.toThrow(
      "does not know this query",
    );
  });

  test("is shared under one name within a process", async () => {
    const options = { url: "memory://shared-by-name", user: "", password: "", database: "earshot", log: silentLogger };
    await using first = await openStore(options);
    await using second = await openStore(options);
    await first.insert(landing("1"));
    expect(await second.query("SELECT count() AS n FROM landings")).toEqual([{ n: 1 }]);
  });
});
