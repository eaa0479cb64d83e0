import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteStore } from "./byte-store.ts";

describe("bytes by slot", () => {
  it("are what was set last, through many chunks and moves, also where one is larger than a chunk", () => {
    const operations = fc.array(
      fc.record({
        slot: fc.nat(60),
        length: fc.oneof({ weight: 20, arbitrary: fc.nat(20_000) }, fc.constant(300_000)),
        sets: fc.nat(4),
      }),
      { minLength: 200, maxLength: 400 },
    );
    fc.assert(
      fc.property(operations, (list) => {
        const store = createByteStore();
        const expected = new Map<number, Buffer>();
        for (const [index, { slot, length, sets }] of list.entries()) {
          const bytes = Buffer.alloc(length, index);
          if (sets > 0) expected.set(slot, bytes);
          else expected.delete(slot);
          if (sets > 0) store.set(slot, bytes);
          else store.delete(slot);
        }
        for (let slot = 0; slot <= 60; slot += 1) {
          expect(store.get(slot).equals(expected.get(slot) ?? Buffer.alloc(0))).toBe(true);
        }
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});
