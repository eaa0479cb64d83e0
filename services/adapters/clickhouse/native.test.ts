import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseColumnType } from "#adapters/column-kinds.ts";
import { encodeNative } from "./native.ts";

const column = (name: string, type: string) => ({ name, ...parseColumnType(type) });

/** Bytes after the block's and the column's head. */
const bodyOf = (type: string, values: readonly unknown[]): Buffer => {
  const bytes = encodeNative(
    [column("c", type)],
    values.map((value) => [value]),
    1,
  );
  return bytes.subarray(bytes.indexOf(type) + type.length);
};

const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
};

describe("a Native block", () => {
  it("begins with its columns and rows, then names and types each column", () => {
    const block = encodeNative([column("a", "UInt32"), column("b", "String")], [[1, "x"]]);
    expect(block).toEqual(
      Buffer.concat([
        Buffer.from([2, 1]),
        Buffer.from("\x01a\x06UInt32"),
        Buffer.from([1, 0, 0, 0]),
        Buffer.from("\x01b\x06String\x01x"),
      ]),
    );
  });

  it.each([
    ["UInt32", [0, 4_294_967_295], "00000000ffffffff"],
    ["Int32", [-1, -2_147_483_648], "ffffffff00000080"],
    ["UInt64", [1, Number.MAX_SAFE_INTEGER], "0100000000000000ffffffffffff1f00"],
    ["Nullable(Int16)", [null, -2], "01000000feff"],
    ["Float64", [1, -0.5], "000000000000f03f000000000000e0bf"],
    ["Bool", [true, false, null], "010000"],
    ["Array(String)", [["a"], [], ["b", "cc"]], "01000000000000000100000000000000030000000000000001610162026363"],
  ])("writes %s", (type, values, hex) => {
    expect(bodyOf(type, values).toString("hex")).toBe(hex);
  });

  it("writes times as ticks, before 1970 too", () => {
    const times = [1_795_000_000_123, -1, 0];
    expect(bodyOf("DateTime64(3, 'UTC')", times)).toEqual(Buffer.concat(times.map(int64)));
  });

  it("writes a hot column as a dictionary that begins with the empty string, and indexes into it", () => {
    const head = Buffer.concat([int64(1), int64(0x600), int64(3)]);
    const rest = Buffer.concat([Buffer.from("\0\x01a\x01b"), int64(5), Buffer.from([1, 1, 2, 0, 1])]);
    expect(bodyOf("LowCardinality(String)", ["a", "a", "b", null, "a"])).toEqual(Buffer.concat([head, rest]));
  });

  it.each([
    [255, 1, 0x600],
    [256, 2, 0x601],
    [65_535, 2, 0x601],
    [65_536, 4, 0x602],
  ])("indexes %i values beside the empty one with %i bytes", (count, size, flags) => {
    const values = Array.from({ length: count }, (_, index) => `v${index}`);
    const body = bodyOf("LowCardinality(String)", values);
    expect(Number(body.readBigUInt64LE(8))).toBe(flags);
    expect(Number(body.readBigUInt64LE(16))).toBe(count + 1);
    expect(body.subarray(body.length - count * size).readUIntLE(0, size)).toBe(1);
    expect(body.readUIntLE(body.length - size, size)).toBe(count);
  });

  it("prefixes every text with the length of its UTF-8, however long", () => {
    assert(
      property(string({ unit: "binary", maxLength: 300 }), (text) => {
        const utf8 = Buffer.from(text);
        const length = utf8.length < 128 ? [utf8.length] : [(utf8.length & 127) | 128, utf8.length >> 7];
        expect(bodyOf("String", [text])).toEqual(Buffer.concat([Buffer.from(length), utf8]));
      }),
    );
  });

  it("names the column and never the value when one does not fit", () => {
    const rows = [["fine"], [{ text: "a secret" }]];
    expect(() => encodeNative([column("label", "String")], rows)).toThrow("a value of label does not fit String");
  });
});
