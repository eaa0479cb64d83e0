import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeyed, GRAM_BITS, open, seal, WORD_BITS } from "./hash.ts";

describe("a keyed code", () => {
  it.each([WORD_BITS, GRAM_BITS])("of %i bits is opened by its key and joins no two codes", (bits) => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const keyed = createKeyed(key, bits);
        const sealed = new Set<number>();
        for (let code = 0; code < 2 ** bits; code += 97) {
          sealed.add(seal(keyed, code));
          expect(open(keyed, seal(keyed, code))).toBe(code);
        }
        expect(sealed.size).toBe(Math.ceil(2 ** bits / 97));
      }),
      { numRuns: 5 },
    );
  });
});
