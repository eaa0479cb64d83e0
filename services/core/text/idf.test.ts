import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeyed, seal } from "./hash.ts";
import { openIdf, packSteps, stepOf, textsOf, unpackSteps } from "./idf.ts";

describe("the packed table", () => {
  it("is unpacked to what was packed", () => {
    const sparse = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 255 })), { maxLength: 3_000 });
    fc.assert(
      fc.property(sparse, fc.nat({ max: 40_000 }), (list, before) => {
        const steps = Uint8Array.from([...new Uint8Array(before), ...list]);
        expect(unpackSteps(packSteps(steps), steps.length)).toEqual(steps);
      }),
      { numRuns: 20 },
    );
  });

  it("keeps counts exactly up to 32 and within 3 % above", () => {
    for (let texts = 0; texts <= 32; texts += 1) expect(textsOf(stepOf(texts))).toBe(texts);
    for (let texts = 33; texts < 1e6; texts *= 1.7)
      expect(Math.abs(textsOf(stepOf(texts)) / texts - 1)).toBeLessThan(0.031);
  });

  it("weighs a term by how few texts hold it", () => {
    const seed = { id: "test", texts: [100, 10, 10], words: packSteps(Uint8Array.of(0, 3)), grams: "" } as const;
    const keyed = { words: createKeyed("key", 18), grams: createKeyed("key", 16) };
    const idf = openIdf(seed, keyed);
    const weight = (code: number) => idf.weights[idf.words[seal(keyed.words, code)] ?? 0];
    expect(weight(0)).toBeCloseTo(Math.log(1 + 101 / 0.5), 12);
    expect(weight(1)).toBeCloseTo(Math.log(1 + 101 / 3.5), 12);
  });
});
