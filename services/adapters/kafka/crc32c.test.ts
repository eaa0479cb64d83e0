// The checksum matches the published vectors, whatever the length and wherever the bytes begin.
import { expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";

/** RFC 3720, appendix B.4. */
const vectors: readonly (readonly [string, Uint8Array, number])[] = [
  ["32 bytes of zero", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of 0xff", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["ascending bytes", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["descending bytes", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ["123456789", Buffer.from("123456789"), 0xe3069283],
];

test.for(vectors)("the checksum of %s is the published one", ([, bytes, expected]) => {
  expect(crc32c(bytes)).toBe(expected);
});

test("a stretch inside a buffer has the checksum of its bytes alone", () => {
  const text = Buffer.from("before 123456789 after");
  expect(crc32c(text, 7, 16)).toBe(0xe3069283);
});
