import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { buildSummary, isoTime, limitOf, safeSlice, safeSliceValue } from "./payload.ts";

const about = (changes: Partial<IncidentPayload> = {}): IncidentPayload =>
  ({
    severity: "SEV2",
    signal_type: "explicit:negative",
    class: "quality",
    slice: "feature=billing,prompt_version=p12",
    rate: 0.205,
    baseline: 0.045,
    ratio: 4.5556,
    ratio_low: 3.31,
    ratio_high: 6.19,
    trials: 200,
    fired: 41,
    users: 23,
    onset: "2026-03-01T10:35:00.000Z",
    window_end: "2026-03-01T11:45:00.000Z",
    opened_at: "2026-03-01T11:45:00.000Z",
    changes: [{ kind: "prompt", from: "p11", to: "p12", ts: "2026-03-01T10:00:00.000Z", score: 0.8215 }],
    ...changes,
  }) as IncidentPayload;

describe("the summary", () => {
  it("says how bad, what, how much, where, since when and after what", () => {
    expect(buildSummary(about())).toBe(
      "SEV2 negative-rate 20.5 % vs 4.5 % (×4.6, 3.3–6.2), 41/200, 23 users · " +
        "feature=billing,prompt_version=p12 since 10:35 · after prompt p11→p12 10:00 (.82, correlated)",
    );
  });

  it("gives days where they differ, and small figures their second decimal", () => {
    const text = buildSummary(about({ rate: 0.0021, baseline: 0.0048, ratio: 0.44, ratio_low: 0.2, ratio_high: 0.9 }));
    expect(text).toContain("negative-rate .21 % vs .48 % (×.44, .20–.90), ");
    expect(buildSummary(about({ onset: "2026-02-28T23:55:00.000Z" }))).toContain(" since 02-28 23:55 ·");
  });

  it("does without what is not known", () => {
    const silent = about({
      signal_type: "~stream",
      class: "stream_stopped",
      rate: null,
      onset: null,
      window_end: null,
      changes: [],
      slice: "*",
    });
    expect(buildSummary({ ...silent, severity: "SEV4" })).toBe("SEV4 stream_stopped · * since 11:45");
    expect(buildSummary(about({ class: "client" }))).toContain("SEV2 negative-rate client 20.5 %");
    expect(buildSummary(about({ ratio_low: null, changes: [] }))).toMatch(
      /\(×4\.6\), 41\/200, 23 users · \S+ since 10:35$/,
    );
  });
});

it("says what stays unseen", () => {
  expect(limitOf("rise", 2.518)).toBe("rises below ×2.5 may stay unseen for two hours");
  expect(limitOf("fall", 0.4)).toBe("falls that leave more than ×.40 may stay unseen for two hours");
  expect([limitOf("rise", null), limitOf("rise", Number.POSITIVE_INFINITY)]).toEqual([null, null]);
});

describe("values that leave", () => {
  it("are themselves where they are plain words, else a hash that keeps equals equal", () => {
    const wild = fc.string({ unit: "binary", maxLength: 100 });
    const plain = fc.stringMatching(/^[\w.:/ -]{1,64}$/);
    fc.assert(
      fc.property(plain, (value) => {
        expect(safeSliceValue(value)).toBe(value);
      }),
    );
    fc.assert(
      fc.property(wild, plain, (start, end) => {
        const shown = safeSliceValue(`${start}@${end}`);
        expect(shown).toMatch(/^h-[\da-f]{8}$/);
        expect(safeSliceValue(`${start}@${end}`)).toBe(shown);
      }),
    );
    expect(safeSliceValue("x".repeat(65))).toMatch(/^h-/);
    expect(safeSliceValue("ü")).not.toBe(safeSliceValue("ä"));
    expect(safeSliceValue("")).toBe("-");
  });

  it("stand under names that may be shown", () => {
    expect(safeSlice([])).toBe("*");
    expect(
      safeSlice([
        ["feature", "billing"],
        ["locale", ""],
      ]),
    ).toBe("feature=billing,locale=-");
    expect(safeSlice([["user_id_hash", "a,b=c"]])).toMatch(/^h-[\da-f]{8}=h-[\da-f]{8}$/);
  });
});

it("writes times as Date does", () => {
  const last = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: last }), (at) => {
      expect(isoTime(at)).toBe(new Date(at).toISOString());
    }),
    { numRuns: 1000, examples: [[0], [Date.UTC(2000, 1, 29)], [Date.UTC(2100, 2, 1) - 1], [last]] },
  );
});
