// How good alerting was.
import { describe, expect, it } from "vitest";
import { alertQuality, shareOf } from "./quality.ts";

describe("alerts against incidents", () => {
  it("have precision, recall and delays as counted by hand", () => {
    const found = alertQuality(
      [100, 250, 400, 405, 900],
      [
        [90, 150],
        [380, 500],
        [600, 700],
      ],
    );
    expect(found.precision).toMatchObject({ value: 0.6, of: 5 });
    expect(found.recall.value).toBeCloseTo(2 / 3, 12);
    expect(found.delays).toEqual([10, 20]);
  });

  it("take the first alert of an incident, in whatever order they come", () => {
    expect(alertQuality([405, 400], [[380, 500]]).delays).toEqual([20]);
  });

  it("have no precision without alerts and no recall without incidents", () => {
    const none = alertQuality([], []);
    expect([none.precision.value, none.recall.value]).toEqual([undefined, undefined]);
    expect(none.precision).toMatchObject({ low: 0, high: 1, of: 0 });
  });
});

describe("a share", () => {
  it("of few cases says how little it says", () => {
    const { value, low, high } = shareOf(5, 7);
    expect([value, low, high].map((own) => own?.toFixed(2))).toEqual(["0.71", "0.36", "0.92"]);
  });
});
