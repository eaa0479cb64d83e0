import { expect, it } from "vitest";
import { readRekeyedFrom, rekeyedHeader, writeRekeyedFrom } from "./rekeyed.ts";

it("reads back where a re-keyed record came from", () => {
  const from = { topic: "earshot.interactions", partition: 3, offset: 9_007_199_254, appendTs: 1_700_000_000_000 };
  expect(readRekeyedFrom({ [rekeyedHeader]: writeRekeyedFrom(from) })).toEqual(from);
});

it.each(["", "a:b:c:d", "topic:1:2", "topic:1:2:3:4", "to:pic:1:2:3", "topic:-1:2:3"])("does not know %j", (text) => {
  expect(readRekeyedFrom({ [rekeyedHeader]: text })).toBeUndefined();
});

it("takes a record without the header for an original", () => {
  expect(readRekeyedFrom({ other: "x" })).toBeUndefined();
});
