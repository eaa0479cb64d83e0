// One budget for many slices: worked thresholds, an oracle that sorts, and what order must not change.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alarming, type Candidates, classWeights, sliceClasses } from "./e-bh.ts";

const patience = 8_064;
const { all, single, pair } = sliceClasses;

const candidates = (logs: readonly number[], classes: readonly number[]): Candidates => ({
  count: logs.length,
  evidence: logs.map(Math.exp),
  patience: logs.map(() => patience),
  classes,
});

/** The definition, by sorting: the largest k such that the k-th largest w·E/T reaches K/k. */
const bySorting = ({ count, evidence, patience: patiences, classes }: Candidates): readonly number[] => {
  const weights = classWeights(count, classes);
  const ranked = Array.from({ length: count }, (_, index) => ({
    index,
    rank: ((weights[classes[index] ?? 0] ?? 0) * (evidence[index] ?? 0)) / (patiences[index] ?? 1),
  })).toSorted((a, b) => b.rank - a.rank);
  const last = ranked.findLastIndex(({ rank }, at) => rank >= count / (at + 1));
  return ranked
    .slice(0, last + 1)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b);
};

const entry = fc.record({
  log: fc.double({ min: -5, max: 30, noNaN: true }),
  kind: fc.constantFrom(all, single, pair),
  days: fc.constantFrom(7, 28, 90),
});

const fromEntries = (entries: readonly { log: number; kind: number; days: number }[]): Candidates => ({
  count: entries.length,
  evidence: entries.map(({ log }) => Math.exp(log)),
  patience: entries.map(({ days }) => days * 288),
  classes: entries.map(({ kind }) => kind),
});

describe("alarms among many slices", () => {
  it("pass in company where one alone would not", () => {
    const same = [single, single, single, single, single, single];
    expect(alarming(candidates([13.1, 11.2, 9.8, 4, 2.1, 0.3], same))).toEqual([0, 1, 2]);
    expect(alarming(candidates([0, 0, 9.8, 4, 2.1, 0.3], same))).toEqual([]);
  });

  it("take exactly T of the only slice there is, whatever its class", () => {
    for (const kind of [all, single, pair]) {
      const at = (evidence: number) =>
        alarming({ count: 1, evidence: [evidence], patience: [patience], classes: [kind] });
      expect([at(patience), at(patience * (1 - 1e-12))]).toEqual([[0], []]);
    }
  });

  it("take twice, three and six times their class's number of T alone, when all classes are there", () => {
    const sizes = [6, 60, 300] as const;
    const classes = sizes.flatMap((size, kind) => Array.from({ length: size }, () => kind));
    const needed = sizes.map((size, kind) => {
      const own = classes.findIndex((other) => other === kind);
      const threshold = Math.log([2, 3, 6][kind] ?? 0) + Math.log(size * patience);
      const passes = (log: number) =>
        alarming(
          candidates(
            classes.map((_, index) => (index === own ? log : 0)),
            classes,
          ),
        ).length === 1;
      expect([passes(threshold + 1e-9), passes(threshold - 1e-9)]).toEqual([true, false]);
      return threshold.toFixed(1);
    });
    expect(needed).toEqual(["11.5", "14.2", "16.5"]);
  });

  it("are those that sorting finds", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const own = fromEntries(entries);
        expect(alarming(own)).toEqual(bySorting(own));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("do not depend on the order of the slices", () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 40 }), fc.nat(), (entries, turn) => {
        const shift = turn % entries.length;
        const turned = [...entries.slice(shift), ...entries.slice(0, shift)];
        const found = alarming(fromEntries(turned)).map((index) => (index + shift) % entries.length);
        expect(found.toSorted((a, b) => a - b)).toEqual(alarming(fromEntries(entries)));
      }),
      { seed: 2 },
    );
  });

  it("only become more when evidence grows", () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 40 }), fc.nat(), (entries, pick) => {
        const raised = entries.map((own, index) =>
          index === pick % entries.length ? { ...own, log: own.log + 2 } : own,
        );
        expect(alarming(fromEntries(raised))).toEqual(expect.arrayContaining([...alarming(fromEntries(entries))]));
      }),
      { seed: 3 },
    );
  });
});

describe("weights", () => {
  it("have mean 1 over the slices that are there", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(all, single, pair), { minLength: 1, maxLength: 50 }), (classes) => {
        const weights = classWeights(classes.length, classes);
        const mean = classes.reduce<number>((sum, kind) => sum + (weights[kind] ?? 0), 0) / classes.length;
        expect(mean).toBeCloseTo(1, 12);
      }),
      { seed: 4 },
    );
  });
});
