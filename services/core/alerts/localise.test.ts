// Which slice it is: the worked example, an oracle that tries every slice, and ties.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "#infra/dev/random.ts";
import { type Cause, type Cells, localise } from "./localise.ts";

interface Row {
  readonly values: readonly (string | null)[];
  readonly n: number;
  readonly x: number;
  readonly expected: number;
}

/** Columns of rows; null: the cell lacks the dimension. */
const cellsOf = (dimensions: readonly string[], rows: readonly Row[]): Cells => {
  const values = dimensions.map((_, dim) => [...new Set(rows.map((row) => row.values[dim] ?? ""))].filter(Boolean));
  return {
    dimensions,
    values,
    columns: values.map((names, dim) => Int32Array.from(rows, (row) => names.indexOf(row.values[dim] ?? ""))),
    n: Float64Array.from(rows, ({ n }) => n),
    x: Float64Array.from(rows, ({ x }) => x),
    expected: Float64Array.from(rows, ({ expected }) => expected),
  };
};

const nameOf = ({ conditions }: Pick<Cause, "conditions">): string =>
  conditions.map(({ dimension, value }) => `${dimension}=${value}`).join(",") || "*";

const names = (causes: readonly Cause[]) => causes.map(nameOf);

const row = (values: readonly (string | null)[], x: number, own: Partial<Row> = {}): Row => ({
  values,
  x,
  n: 200,
  expected: 9,
  ...own,
});

const dimensions = ["feature", "prompt_version"];
const worked = [
  row(["search", "p11"], 9),
  row(["search", "p12"], 10),
  row(["billing", "p11"], 8),
  row(["billing", "p12"], 41),
];

/** Scores of every slice of up to three dimensions that is large and harmed enough, by trying them on every row. */
const everyScore = (own: readonly string[], rows: readonly Row[]): ReadonlyMap<string, number> => {
  const scores = new Map<string, number>();
  const visit = (from: number, chosen: readonly (readonly [dim: number, value: string])[]): void => {
    const inside = rows.filter((cell) => chosen.every(([dim, value]) => cell.values[dim] === value));
    const [n, x, expected] = (["n", "x", "expected"] as const).map((key) =>
      inside.reduce((sum, cell) => sum + cell[key], 0),
    ) as [number, number, number];
    const isRoot = chosen.length === 0;
    if (isRoot || (n >= 30 && x >= 5 && x >= 1.5 * expected)) {
      const departs = x > expected ? x * Math.log(x / expected) - (x - expected) : 0;
      const name = chosen.map(([dim, value]) => `${own[dim]}=${value}`).join(",") || "*";
      scores.set(name, departs - chosen.length);
    }
    if (chosen.length === 3) return;
    for (let dim = from; dim < own.length; dim += 1) {
      const options = new Set(rows.map((cell) => cell.values[dim] ?? ""));
      for (const value of options) if (value !== "") visit(dim + 1, [...chosen, [dim, value]]);
    }
  };
  visit(0, []);
  return scores;
};

describe("the slice at fault", () => {
  it("is the pair of the worked example, and nothing remains", () => {
    const causes = localise(cellsOf(dimensions, worked), { direction: "rise" });
    expect(names(causes)).toEqual(["feature=billing,prompt_version=p12"]);
    expect(causes[0]).toMatchObject({ n: 200, x: 41, expected: 9, score: expect.closeTo(28.1702, 4), remainder: 1 });
  });

  it("is scored against its rivals as in the worked example", () => {
    const scores = everyScore(dimensions, worked);
    expect(scores.get("*")).toBeCloseTo(11.2472, 4);
    expect(scores.get("feature=billing")).toBeCloseTo(17.071, 4);
    expect(scores.get("prompt_version=p12")).toBeCloseTo(19.1141, 4);
    expect(scores.get("feature=billing,prompt_version=p12")).toBeCloseTo(28.1702, 4);
  });

  it("is everything when everything rose alike", () => {
    const causes = localise(
      cellsOf(
        dimensions,
        worked.map((cell) => ({ ...cell, x: 25 })),
      ),
      { direction: "rise" },
    );
    expect(causes).toEqual([
      { conditions: [], n: 800, x: 100, expected: 36, score: expect.closeTo(38.1651, 4), remainder: 1 },
    ]);
  });

  it("is the best of all that there are", () => {
    const small = fc.record({
      values: fc.tuple(
        fc.constantFrom("a", "b", "c", null),
        fc.constantFrom("d", "e"),
        fc.constantFrom("f", "g", "h"),
        fc.constantFrom("i", null),
      ),
      n: fc.integer({ min: 0, max: 60 }),
      x: fc.nat(14),
      expected: fc.double({ min: 0.1, max: 6, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(small, { minLength: 1, maxLength: 40 }), (rows) => {
        const own = ["one", "two", "three", "four"];
        const [first] = localise(cellsOf(own, rows), { direction: "rise" });
        const scores = everyScore(own, rows);
        expect(first?.score).toBeCloseTo(Math.max(...scores.values()), 9);
        expect(scores.get(nameOf(first ?? { conditions: [] }))).toBeCloseTo(first?.score ?? Number.NaN, 9);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("does not depend on the order of the cells", () => {
    const random = createRandom(3);
    const rows = Array.from({ length: 60 }, () =>
      row([random.pick(["a", "b", "c"]), random.pick(["p", "q"])], random.below(20)),
    );
    const [forward, backward] = [rows, rows.toReversed()].map((list) =>
      names(localise(cellsOf(dimensions, list), { direction: "rise" })),
    );
    expect(backward).toEqual(forward);
  });

  it("is found among values by the thousand, which are counted as they come", () => {
    const rows = Array.from({ length: 6_000 }, (_, cell) =>
      row([`f${cell % 600}`, `v${cell % 1_000}`, cell % 2 === 0 ? "x" : "y"], cell % 3_000 === 7 ? 60 : 5, {
        n: 100,
        expected: 5,
      }),
    );
    const causes = localise(cellsOf(["feature", "version", "side"], rows), { direction: "rise" });
    expect(names(causes)).toEqual(["feature=f7,version=v7"]);
  });
});

describe("of slices that hold the same trials", () => {
  const rollout = [row(["search", "p1", "m1"], 9), row(["billing", "p2", "m2"], 41)];

  it("the one with fewer conditions is named, and of those the one whose dimension comes first", () => {
    const causes = localise(cellsOf(["feature", "prompt_version", "model"], rollout), { direction: "rise" });
    expect(names(causes)).toEqual(["feature=billing"]);
    const turned = rollout.map((cell) => ({ ...cell, values: cell.values.toReversed() }));
    expect(names(localise(cellsOf(["model", "prompt_version", "feature"], turned), { direction: "rise" }))).toEqual([
      "model=m2",
    ]);
  });

  it("and of equal evidence elsewhere the shorter name, then the alphabet", () => {
    const twins = [row(["longer"], 40), row(["b"], 40), row(["a"], 40), row(["calm"], 9, { n: 4_000, expected: 180 })];
    const causes = localise(cellsOf(["feature"], twins), { direction: "rise", quietRatio: 0 });
    expect(names(causes)).toEqual(["feature=a", "feature=b", "feature=longer"]);
  });
});

describe("what remains", () => {
  it("is scanned again while it still departs, for three causes at most", () => {
    const rows = ["a", "b", "c", "d", "e"].map((value, index) => row([value], 120 - index));
    const calm = row(["f"], 600, { n: 13_000, expected: 600 });
    const causes = localise(cellsOf(["feature"], [...rows, calm]), { direction: "rise" });
    expect(names(causes)).toEqual(["feature=a", "feature=b", "feature=c"]);
    expect(causes.map(({ remainder }) => remainder)).toEqual([1_070 / 636, 951 / 627, 833 / 618]);
  });

  it("may be raised everywhere: then the rest is the second cause", () => {
    const rows = ["a", "b", "c", "d"].map((value, index) => row([value], index === 0 ? 120 : 20));
    const causes = localise(cellsOf(["feature"], rows), { direction: "rise" });
    expect(names(causes)).toEqual(["feature=a", "*"]);
    expect(causes[1]).toMatchObject({ n: 600, x: 60, expected: 27, remainder: 1 });
  });
});

describe("a fall", () => {
  it("is localised like a rise, by what is missing", () => {
    const rows = [
      row(["a"], 100, { expected: 100 }),
      row(["b"], 98, { expected: 100 }),
      row(["c"], 20, { expected: 100 }),
    ];
    const causes = localise(cellsOf(["feature"], rows), { direction: "fall" });
    expect(names(causes)).toEqual(["feature=c"]);
    expect(causes[0]?.remainder).toBeCloseTo(0.99, 12);
  });

  it("of nothing left at all is one too", () => {
    const rows = [row(["a"], 100, { expected: 100 }), row(["b"], 0, { expected: 40 })];
    const causes = localise(cellsOf(["feature"], rows), { direction: "fall" });
    expect(causes[0]).toMatchObject({ x: 0, score: 39 });
  });
});

describe("slices too small", () => {
  it("are not named: fewer than 30 trials, 5 fired, or 1.5 times the expected", () => {
    const calm = row(["calm"], 90, { n: 2_000, expected: 90 });
    const of = (own: Partial<Row>, x: number) =>
      names(localise(cellsOf(["feature"], [calm, row(["hot"], x, own)]), { direction: "rise" }))[0];
    expect(of({ n: 30, expected: 1 }, 5)).toBe("feature=hot");
    expect(of({ n: 29, expected: 1 }, 5)).toBe("*");
    expect(of({ n: 30, expected: 0.5 }, 4)).toBe("*");
    expect(of({ n: 2_000, expected: 100 }, 149)).toBe("*");
  });
});
