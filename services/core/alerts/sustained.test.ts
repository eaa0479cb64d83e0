// Slow rises, day by day.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  benjaminiHochberg,
  type DayInSlice,
  dayDispersion,
  dayP,
  isSustained,
  judgeDay,
  nextRun,
} from "./sustained.ts";

/** 28 days of 1,000 trials whose scatter is φ_d = 1.6: 1,400 of 28,000 in all. */
const scatter = Math.sqrt((1.6 * 27 * 1_000 * 0.05 * 0.95) / 28);
const reference = Array.from({ length: 28 }, (_, day) => ({ x: 50 + (day % 2 === 0 ? scatter : -scatter), n: 1_000 }));
const day = (x: number): DayInSlice => ({ today: { x, n: 1_000 }, reference });
const rise = { direction: "rise", smallestRatio: 1.25 } as const;

describe("a day against the month before", () => {
  it("has its worked p", () => {
    expect(dayDispersion(reference)).toBeCloseTo(1.6, 12);
    expect([dayP(day(80), "rise").toFixed(4), dayP(day(66), "rise").toFixed(4)]).toEqual(["0.0011", "0.0525"]);
    expect(judgeDay([day(80)], rise)).toEqual([true]);
    expect(judgeDay([day(66)], rise)).toEqual([false]);
  });

  it("is no news below the smallest ratio, however sure", () => {
    const large = {
      today: { x: 6_000, n: 100_000 },
      reference: reference.map(({ x, n }) => ({ x: 100 * x, n: 100 * n })),
    };
    expect(judgeDay([{ ...large, reference: large.reference.map(() => ({ x: 5_000, n: 100_000 })) }], rise)).toEqual([
      false,
    ]);
    expect(
      judgeDay(
        [{ today: { x: 6_400, n: 100_000 }, reference: large.reference.map(() => ({ x: 5_000, n: 100_000 })) }],
        rise,
      ),
    ).toEqual([true]);
  });

  it("needs more evidence among many slices", () => {
    const lone = day(76);
    expect(dayP(lone, "rise")).toBeLessThan(0.05);
    expect(judgeDay([lone], rise)).toEqual([true]);
    expect(judgeDay([lone, ...Array.from({ length: 99 }, () => day(50))], rise)[0]).toBe(false);
  });

  it("mirrors for falls", () => {
    expect(judgeDay([day(25)], { direction: "fall", smallestRatio: 1.25 })).toEqual([true]);
    expect(judgeDay([day(80)], { direction: "fall", smallestRatio: 1.25 })).toEqual([false]);
  });

  it("is no news without trials or reference", () => {
    const empty = { today: { x: 0, n: 0 }, reference };
    const young = { today: { x: 9, n: 10 }, reference: [] };
    expect(judgeDay([empty, young], rise)).toEqual([false, false]);
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
    let run = 0;
    const runs = [true, true, false, true, true, true, true].map((judged) => (run = nextRun(run, judged)));
    expect(runs).toEqual([1, 2, 0, 1, 2, 3, 4]);
    expect(runs.map(isSustained)).toEqual([false, false, false, false, false, true, true]);
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
