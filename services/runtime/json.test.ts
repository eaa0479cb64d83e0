import { expect, it } from "vitest";
import { toJson } from "./json.ts";

it("writes bytes as base64, in a Buffer or any other byte array", () => {
  expect(toJson({ a: Buffer.from("hi"), b: new Uint8Array([1]), c: { d: [Buffer.from("x")] }, e: null, f: 1 })).toBe(
    '{"a":"aGk=","b":"AQ==","c":{"d":["eA=="]},"e":null,"f":1}',
  );
});
