import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSlotIndex } from "./slot-index.ts";

describe("slots by hash", () => {
  it("are found as in a map, however hashes collide and whatever was removed before", () => {
    // One number an operation, even to add and odd to remove: drawing records took most of the time.
    const operations = fc.array(fc.nat(3_001), { minLength: 2_000, maxLength: 5_000 });
    fc.assert(
      fc.property(operations, fc.constantFrom(3, 50, 2 ** 32 - 1), (list, spread) => {
        const index = createSlotIndex();
        const known = new Set<number>();
        const hashOf = (slot: number): number => (Math.imul(slot, 0x9e3779b1) >>> 0) % spread;
        for (const operation of list) {
          const slot = operation >> 1;
          const adds = operation % 2 === 0;
          if (adds && !known.has(slot)) index.add(hashOf(slot), slot);
          if (!adds) index.remove(slot);
          if (adds) known.add(slot);
          else known.delete(slot);
        }
        const slots = Array.from({ length: 1_501 }, (_, slot) => slot);
        const found = slots.filter((slot) => index.find(hashOf(slot), (held) => held === slot) === slot);
        expect(found).toEqual(slots.filter((slot) => known.has(slot)));
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});
