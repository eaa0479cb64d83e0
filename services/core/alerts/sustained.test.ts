// Slow rises, day by day.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { benjaminiHochberg, type DayInSlice, dayDispersion, dayP, nextRun, type Run, sustained } from "./sustained.ts";

/** 28 days of 1,000 trials whose scatter is φ_d = 1.6: 1,400 of 28,000 in all. */
const scatter = Math.sqrt((1.6 * 27 * 1_000 * 0.05 * 0.95) / 28);
const reference = Array.from({ length: 28 }, (_, day) => ({ x: 50 + (day % 2 === 0 ? scatter : -scatter), n: 1_000 }));
const day = (x: number): DayInSlice => ({ today: { x, n: 1_000 }, reference });
const speaks = (one: DayInSlice, options: Parameters<typeof nextRun>[2]): boolean =>
  nextRun([], one, options).length > 0;
const rise = { direction: "rise", smallestRatio: 1.25 } as const;

describe("a day against the month before", () => {
  it("has its worked p", () => {
    expect(dayDispersion(reference)).toBeCloseTo(1.6, 12);
    expect([dayP(day(80), "rise").toFixed(4), dayP(day(66), "rise").toFixed(4)]).toEqual(["0.0011", "0.0525"]);
    expect(speaks(day(80), rise)).toBe(true);
    expect(speaks(day(66), rise)).toBe(false);
  });

  it("is no news below the smallest ratio, however sure", () => {
    const large = {
      today: { x: 6_000, n: 100_000 },
      reference: reference.map(({ x, n }) => ({ x: 100 * x, n: 100 * n })),
    };
    const steady = large.reference.map(() => ({ x: 5_000, n: 100_000 }));
    expect(speaks({ ...large, reference: steady }, rise)).toBe(false);
    expect(speaks({ today: { x: 6_400, n: 100_000 }, reference: steady }, rise)).toBe(true);
  });

  it("mirrors for falls", () => {
    expect(speaks(day(25), { direction: "fall", smallestRatio: 1.25 })).toBe(true);
    expect(speaks(day(80), { direction: "fall", smallestRatio: 1.25 })).toBe(false);
  });

  it("is no news without trials or reference", () => {
    const empty = { today: { x: 0, n: 0 }, reference };
    const young = { today: { x: 9, n: 10 }, reference: [] };
    expect([speaks(empty, rise), speaks(young, rise)]).toEqual([false, false]);
  });
});

describe("scatter between days", () => {
  it("is never below that of chance", () => {
    expect([dayDispersion([]), dayDispersion([{ x: 5, n: 50 }])]).toEqual([1, 1]);
    expect(dayDispersion(Array.from({ length: 28 }, () => ({ x: 50, n: 1_000 })))).toBe(1);
    expect(dayDispersion(Array.from({ length: 28 }, () => ({ x: 0, n: 1_000 })))).toBe(1);
  });
});

describe("a slow rise", () => {
  it("is told on the third day running", () => {
    let run: Run = [];
    const lengths = [80, 80, 50, 80, 80, 80, 80].map((x) => (run = nextRun(run, day(x), rise)).length);
    expect(lengths).toEqual([1, 2, 0, 1, 2, 3, 3]);
    expect(sustained([run, [], [0.001, 0.001]])).toEqual([true, false, false]);
  });

  it("needs more evidence among many slices, its weakest day decides", () => {
    const weak: Run = [0.0001, 0.049, 0.0001];
    const others: readonly Run[] = Array.from({ length: 199 }, () => []);
    expect(sustained([weak])).toEqual([true]);
    expect(sustained([weak, ...others])[0]).toBe(false);
    expect(sustained([[0.03, 0.03, 0.03], ...others])[0]).toBe(true);
  });

  it("alone among many slices needs a cube below a hundredth of its share", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.0001, max: 0.0499, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        (p, slices) => {
          const runs: readonly Run[] = [[p, p, p], ...Array.from({ length: slices - 1 }, () => [] as Run)];
          expect(sustained(runs)[0]).toBe(p ** 3 <= 0.01 / slices);
        },
      ),
      { seed: 2 },
    );
  });
});

describe("the Benjamini–Hochberg procedure", () => {
  it("finds four of the fifteen p of its paper's example at 5 %", () => {
    const ps = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    expect(benjaminiHochberg(ps, 0.05).filter(Boolean)).toHaveLength(4);
  });

  it("is the same in any order, and finds no more than plain testing", () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(p, { maxLength: 30 }), (ps) => {
        const found = benjaminiHochberg(ps, 0.05);
        expect(benjaminiHochberg(ps.toReversed(), 0.05)).toEqual(found.toReversed());
        expect(ps.filter((own, index) => found[index] === true && own > 0.05)).toEqual([]);
      }),
      { seed: 1 },
    );
  });
});
