// Every compression restores its input, in the framings that other clients use.
import { compressSync } from "snappy";
import { expect, test } from "vitest";
import { codecs, verifyCodecs } from "./codecs.ts";

test.for(Object.entries(codecs))("codec %s restores a megabyte", ([, codec]) => {
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * i) % 251));
  expect(codec.decompress(codec.compress(bytes)).equals(bytes)).toBe(true);
});

test("snappy without framing is read too", () => {
  expect(String(codecs[2]?.decompress(compressSync("bare block")))).toBe("bare block");
});

test("the check at boot passes with the codecs installed here", () => {
  expect(verifyCodecs).not.toThrow();
});
