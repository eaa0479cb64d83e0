import { describe, expect, it } from "vitest";
import { halve, openFilling, withoutRows } from "./block.ts";
import { rejectOf } from "./test-records.ts";

const limits = { rows: 3, bytes: 100, age: 300, rowlessAge: 2000, idle: 1000 };

describe("a filling range", () => {
  it("is full by rows", () => {
    const filling = openFilling(0, 1, limits);
    for (const offset of [0, 1]) filling.addRows(offset, [["a"]], 1, 0);
    expect(filling.full).toBe(false);
    filling.addRows(2, [["a"]], 1, 0);
    expect(filling.full).toBe(true);
  });

  it("is full by bytes, those of rejects included", () => {
    const filling = openFilling(0, 1, limits);
    filling.addRows(0, [["a"]], 60, 0);
    filling.addReject(rejectOf(1), 40, 0);
    expect(filling.full).toBe(true);
  });

  it("is due an age after its first row, however long rowless records came before", () => {
    const filling = openFilling(0, 1, limits);
    expect(filling.dueAt).toBeUndefined();
    filling.passTo(1, 10);
    expect(filling.dueAt).toBe(2010);
    filling.addRows(1, [["a"]], 1, 1000);
    filling.passTo(2, 1000);
    filling.addRows(2, [["b"]], 1, 1200);
    filling.passTo(3, 1200);
    expect(filling.dueAt).toBe(1300);
  });

  it("is due early enough for rowless records that have waited long", () => {
    const filling = openFilling(0, 1, limits);
    filling.passTo(1, 0);
    filling.addRows(1, [["a"]], 1, 1900);
    expect(filling.dueAt).toBe(2000);
  });

  it("closes to the position it has passed, hidden offsets included", () => {
    const filling = openFilling(5, 2, limits);
    filling.addRows(6, [["a"], ["A"]], 1, 0);
    filling.passTo(7, 0);
    filling.passTo(12, 0);
    expect(filling.close()).toEqual({ bounds: [5, 11], offsets: [6], tables: [[["a"]], [["A"]]], rejects: [] });
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
  };

  it("gives two ranges that together are the range", () => {
    expect(halve(range)).toEqual([
      { bounds: [10, 14], offsets: [12], tables: [[["a"]], [["A"]]], rejects: [rejectOf(11)] },
      {
        bounds: [15, 29],
        offsets: [15, 20],
        tables: [
          [["b"], ["c"]],
          [["B"], ["C"]],
        ],
        rejects: [rejectOf(16)],
      },
    ]);
  });

  it("ends in a range without rows that says what was refused", () => {
    const [left] = halve(range);
    expect(withoutRows(left, rejectOf(12))).toEqual({
      bounds: [10, 14],
      offsets: [],
      tables: [[], []],
      rejects: [rejectOf(11), rejectOf(12)],
    });
  });
});
