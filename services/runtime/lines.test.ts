// Lines out of chunks, however these were cut.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readLines, tooLong } from "./lines.ts";

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const collect = async (bytes: Buffer, size: number, limit?: number): Promise<string[]> => {
  const lines: string[] = [];
  for await (const some of readLines(chunksOf(bytes, size), limit)) lines.push(...some);
  return lines;
};

test("lines come whole wherever the chunks were cut, also within a character", async () => {
  const line = fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("\n", " "));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), async (lines, size) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
      expect(await collect(bytes, size)).toEqual(lines.map((text) => Buffer.from(text).toString()));
    }),
    { numRuns: 40 },
  );
});

test("the last line needs no line end", async () => {
  expect(await collect(Buffer.from("a\nb"), 2)).toEqual(["a", "b"]);
  expect(await collect(Buffer.from(""), 2)).toEqual([]);
});

test("a line beyond the limit is named and not kept, wherever it stands", async () => {
  const long = "x".repeat(100);
  expect(await collect(Buffer.from(`a\n${long}\nb\n`), 7, 20)).toEqual(["a", tooLong, "b"]);
  expect(await collect(Buffer.from(`a\n${long}`), 7, 20)).toEqual(["a", tooLong]);
});
