import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { murmur2, partitionFor } from "./partition.ts";

describe("murmur2", () => {
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("hashes %s as Kafka's own test has it", (text, hash) => {
    expect(murmur2(text)).toBe(hash);
  });

  it("hashes a text as its UTF-8 bytes, plain or not", () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(texts, (text) => {
        expect(murmur2(text)).toBe(murmur2(Buffer.from(text)));
      }),
    );
  });
});

it("puts a key into a partition by the hash without its sign", () => {
  expect(partitionFor("21", 8)).toBe((-973_932_308 & 0x7fffffff) % 8);
});
