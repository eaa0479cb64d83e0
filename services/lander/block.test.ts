import { describe, expect, it } from "vitest";
import { StoreError } from "#adapters/store-port.ts";
import { halve, openFilling, type Packing, type Range, withoutRow } from "./block.ts";
import type { Taken } from "./read.ts";
import { logRecord, rejectOf } from "./test-records.ts";

const limits = { rows: 3, bytes: 100, age: 300, backlogAge: 3000, rowlessAge: 2000, idle: 1000 };

/** A store that takes any row but those that say "unfit". */
const pack: Packing["pack"] = (given) => {
  if (given.rows.some(([value]) => value === "unfit")) throw new StoreError("data", "a value does not fit");
  return { ...given, count: given.rows.length, content: given.rows };
};
const packing: Packing = { targets: [{ table: "signals", columns: ["a"] }], pack };
const twoTables: Packing = {
  targets: [
    { table: "reject_rows", columns: ["a"] },
    { table: "reject_bytes", columns: ["b"] },
  ],
  pack,
};

const row = (value: string): Taken => ({ kind: "rows", rows: [[value]] });
const skip: Taken = { kind: "skip" };
const sized = (offset: number, bytes: number) => logRecord(offset, { value: Buffer.alloc(bytes) });

describe("a filling range", () => {
  it("is full by rows", () => {
    const filling = openFilling(0, packing, limits);
    for (const offset of [0, 1]) filling.take(logRecord(offset), row("a"), 0);
    expect(filling.full).toBe(false);
    filling.take(logRecord(2), row("a"), 0);
    expect(filling.full).toBe(true);
  });

  it("is full by bytes, those of rejects included", () => {
    const filling = openFilling(0, packing, limits);
    filling.take(sized(0, 60), row("a"), 0);
    filling.take(sized(1, 20), skip, 0);
    expect(filling.full).toBe(false);
    filling.take(sized(2, 40), { kind: "reject", reject: rejectOf(2) }, 0);
    expect(filling.full).toBe(true);
  });

  it("is due an age after its first row, however long rowless records came before", () => {
    const filling = openFilling(0, packing, limits);
    expect(filling.dueAt(0)).toBeUndefined();
    filling.take(logRecord(0), skip, 10);
    expect(filling.dueAt(0)).toBe(2010);
    filling.take(logRecord(1), row("a"), 1000);
    filling.take(logRecord(2), row("b"), 1200);
    expect(filling.dueAt(0)).toBe(1300);
  });

  it("grows for longer while a whole block lies behind it", () => {
    const filling = openFilling(0, packing, limits);
    filling.take(logRecord(0), row("a"), 0);
    expect([2, 3].map((behind) => filling.dueAt(behind))).toEqual([300, 3300]);
  });

  it("is due early enough for rowless records that have waited long", () => {
    const filling = openFilling(0, packing, limits);
    filling.take(logRecord(0), skip, 0);
    filling.take(logRecord(1), row("a"), 1900);
    expect(filling.dueAt(0)).toBe(2000);
  });

  it("closes to the position it has passed, hidden offsets included", () => {
    const filling = openFilling(5, twoTables, limits);
    filling.take(logRecord(6, { appendTs: 77 }), { kind: "rows", rows: [["a"], ["A"]] }, 0);
    filling.passTo(12, 0);
    expect(filling.close()).toMatchObject({
      bounds: [5, 11],
      offsets: [6],
      packs: [[{ table: "reject_rows", content: [["a"]] }], [{ table: "reject_bytes", content: [["A"]] }]],
      refused: null,
      rejects: [],
      oldest: 77,
      bytes: 1,
    });
  });

  it("packs its rows in portions, in their order", () => {
    const filling = openFilling(0, packing, { ...limits, rows: 10_000, bytes: 1_000_000 });
    for (let offset = 0; offset < 2_500; offset += 1) filling.take(logRecord(offset), row(`${offset}`), 0);
    const [packs = []] = filling.close().packs;
    expect(packs.map(({ count }) => count)).toEqual([1_000, 1_000, 500]);
    expect(packs.flatMap(({ content }) => content)).toEqual(Array.from({ length: 2_500 }, (_, index) => [`${index}`]));
  });

  it("notes that a row does not fit, and goes on", () => {
    const filling = openFilling(0, packing, limits);
    filling.take(logRecord(0), row("unfit"), 0);
    filling.take(logRecord(1), row("b"), 0);
    expect(filling.close()).toMatchObject({ bounds: [0, 1], offsets: [0, 1], refused: { kind: "data" } });
  });
});

const range: Range = {
  bounds: [10, 29],
  offsets: [12, 15, 20],
  packs: [[{ table: "signals", columns: ["a"], count: 3, content: null }]],
  refused: null,
  rejects: [rejectOf(11)],
  oldest: 50,
  bytes: 9,
};

it("halving gives the bounds of two ranges that together are the range", () => {
  expect(halve(range)).toEqual([
    [10, 14],
    [15, 29],
  ]);
});

it("a range without its refused row says so on `rejects`", () => {
  const refused = new StoreError("data", "a value does not fit");
  expect(withoutRow({ ...range, offsets: [12], refused }, rejectOf(12))).toMatchObject({
    bounds: [10, 29],
    offsets: [],
    packs: [],
    refused: null,
    rejects: [rejectOf(11), rejectOf(12)],
  });
});
