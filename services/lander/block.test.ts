import { describe, expect, it } from "vitest";
import { halve, openFilling, withoutRow } from "./block.ts";
import type { Taken } from "./read.ts";
import { logRecord, rejectOf } from "./test-records.ts";

const limits = { rows: 3, bytes: 100, age: 300, rowlessAge: 2000, idle: 1000 };

const row = (value: string): Taken => ({ kind: "rows", rows: [[value]] });
const skip: Taken = { kind: "skip" };
const sized = (offset: number, bytes: number) => logRecord(offset, { value: Buffer.alloc(bytes) });

describe("a filling range", () => {
  it("is full by rows", () => {
    const filling = openFilling(0, 1, limits);
    for (const offset of [0, 1]) filling.take(logRecord(offset), row("a"), 0);
    expect(filling.full).toBe(false);
    filling.take(logRecord(2), row("a"), 0);
    expect(filling.full).toBe(true);
  });

  it("is full by bytes, those of rejects included", () => {
    const filling = openFilling(0, 1, limits);
    filling.take(sized(0, 60), row("a"), 0);
    filling.take(sized(1, 20), skip, 0);
    expect(filling.full).toBe(false);
    filling.take(sized(2, 40), { kind: "reject", reject: rejectOf(2) }, 0);
    expect(filling.full).toBe(true);
  });

  it("is due an age after its first row, however long rowless records came before", () => {
    const filling = openFilling(0, 1, limits);
    expect(filling.dueAt).toBeUndefined();
    filling.take(logRecord(0), skip, 10);
    expect(filling.dueAt).toBe(2010);
    filling.take(logRecord(1), row("a"), 1000);
    filling.take(logRecord(2), row("b"), 1200);
    expect(filling.dueAt).toBe(1300);
  });

  it("is due early enough for rowless records that have waited long", () => {
    const filling = openFilling(0, 1, limits);
    filling.take(logRecord(0), skip, 0);
    filling.take(logRecord(1), row("a"), 1900);
    expect(filling.dueAt).toBe(2000);
  });

  it("closes to the position it has passed, hidden offsets included", () => {
    const filling = openFilling(5, 2, limits);
    filling.take(logRecord(6, { appendTs: 77 }), { kind: "rows", rows: [["a"], ["A"]] }, 0);
    filling.passTo(12, 0);
    expect(filling.close()).toEqual({
      bounds: [5, 11],
      offsets: [6],
      tables: [[["a"]], [["A"]]],
      rejects: [],
      oldest: 77,
    });
  });
});

describe("halving", () => {
  const range = {
    bounds: [10, 29] as const,
    offsets: [12, 15, 20],
    tables: [
      [["a"], ["b"], ["c"]],
      [["A"], ["B"], ["C"]],
    ],
    rejects: [rejectOf(11), rejectOf(16)],
    oldest: 50,
  };

  it("gives two ranges that together are the range", () => {
    expect(halve(range)).toEqual([
      { bounds: [10, 14], offsets: [12], tables: [[["a"]], [["A"]]], rejects: [rejectOf(11)], oldest: 50 },
      {
        bounds: [15, 29],
        offsets: [15, 20],
        tables: [
          [["b"], ["c"]],
          [["B"], ["C"]],
        ],
        rejects: [rejectOf(16)],
        oldest: 50,
      },
    ]);
  });

  it("ends in a range without rows that says what was refused", () => {
    const [left] = halve(range);
    expect(withoutRow(left, rejectOf(12))).toEqual({
      bounds: [10, 14],
      offsets: [],
      tables: [[], []],
      rejects: [rejectOf(11), rejectOf(12)],
      oldest: 50,
    });
  });
});
