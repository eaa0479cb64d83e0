import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteReader, createByteWriter } from "./bytes.ts";

const numbers = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.constantFrom(-0, 2 ** 53, 1e300));
const texts = fc.option(
  fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "binary", maxLength: 300 }), fc.constant("\ud800")),
);

describe("values as bytes", () => {
  it("come back as they were, whatever they are compared with", () => {
    const writer = createByteWriter();
    const reader = createByteReader();
    fc.assert(
      fc.property(numbers, numbers, texts, texts, fc.nat(), fc.uint8Array({ maxLength: 9_000 }), (...drawn) => {
        const [number, near, text, like, count, bytes] = drawn;
        writer.begin();
        writer.number(number, near);
        writer.text(text, like);
        writer.count(count);
        writer.bytes(bytes);
        writer.byte(7);
        reader.begin(Buffer.from(writer.end()));
        expect(Object.is(reader.number(near), number)).toBe(true);
        expect(reader.text(like)).toBe(text);
        expect(reader.count()).toBe(count);
        expect([...reader.bytes()]).toEqual([...bytes]);
        expect(reader.byte()).toBe(7);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("take one byte where they are what was expected", () => {
    const writer = createByteWriter();
    writer.begin();
    writer.number(1_000, 1_000);
    writer.text("same", "same");
    writer.text(null, "other");
    expect(writer.end()).toHaveLength(3);
  });
});
