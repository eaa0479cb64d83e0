// Which change came just before.
import { describe, expect, it } from "vitest";
import { minute } from "#core/time.ts";
import { type ChangeToScore, isChangeCorrelated, rankChanges, scopeOverlap } from "./suspects.ts";

const onset = Date.UTC(2026, 2, 1, 10, 30);

const change = (id: string, minutesBefore: number, own: Partial<ChangeToScore> = {}): ChangeToScore => ({
  id,
  at: onset - minutesBefore * minute,
  kind: "deploy",
  overlap: 1,
  ...own,
});

const idsOf = (changes: readonly ChangeToScore[]) => rankChanges(changes, onset).map(({ id }) => id);

describe("changes before an onset", () => {
  it("are ranked by time, scope and kind as in the worked example", () => {
    const ranked = rankChanges(
      [
        change("deploy", 10, { overlap: 0.2 }),
        change("model", 120, { kind: "model", overlap: 0.6 }),
        change("prompt", 30, { kind: "prompt" }),
      ],
      onset,
    );
    expect(ranked.map(({ id, score }) => [id, score.toFixed(4)])).toEqual([
      ["prompt", "0.8215"],
      ["model", "0.1397"],
      ["deploy", "0.0388"],
    ]);
    expect(isChangeCorrelated(ranked)).toBe(true);
  });

  it("count from six hours before to ten minutes after", () => {
    expect(idsOf([change("old", 361), change("first", 360), change("last", -10), change("late", -11)])).toEqual([
      "last",
      "first",
    ]);
  });

  it("just after the onset are as near as one at it: an onset is known to two bins", () => {
    expect(rankChanges([change("after", -10), change("at", 0)], onset)).toEqual(
      [
        { id: "at", score: 0.5, nearness: 1 },
        { id: "after", score: 0.5, nearness: 1 },
      ].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });

  it("elsewhere are no suspects", () => {
    expect(idsOf([change("elsewhere", 5, { overlap: 0 })])).toEqual([]);
  });

  it("are shown three at most, with their share among all", () => {
    const ranked = rankChanges(
      ["a", "b", "c", "d"].map((id) => change(id, 30)),
      onset,
    );
    expect(ranked.map(({ id, score }) => [id, score])).toEqual([
      ["a", 0.25],
      ["b", 0.25],
      ["c", 0.25],
    ]);
  });
});

describe("an incident", () => {
  it("is not correlated with the only change when that is far off", () => {
    const far = rankChanges([change("far", 300)], onset);
    expect([far[0]?.score, isChangeCorrelated(far)]).toEqual([1, false]);
    expect(isChangeCorrelated(rankChanges([change("near", 270)], onset))).toBe(true);
  });

  it("is not correlated when two changes are as likely as a third", () => {
    expect(isChangeCorrelated(rankChanges([change("a", 5), change("b", 5), change("c", 5)], onset))).toBe(false);
    expect(isChangeCorrelated([])).toBe(false);
  });
});

describe("the overlap of two scopes", () => {
  it("is the share of what is in either", () => {
    expect([scopeOverlap(50, 100, 50), scopeOverlap(0, 100, 50), scopeOverlap(0, 0, 0)]).toEqual([0.5, 0, 0]);
  });
});
