// The disk copy: immutable, whole, and never mixed up between registries or between lives of one registry.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDiskCache, readOwnIds, writeOwnIds } from "./disk-cache.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-schemas-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = { schema: '"string"' };

test("a schema written is read by the next process", () => {
  openDiskCache(folder, "http://a", { one: 1 }).write(7, text);
  expect(openDiskCache(folder, "http://a", { one: 1 }).read(7)).toEqual(text);
  expect(openDiskCache(folder, "http://a", { one: 1 }).read(8)).toBeUndefined();
});

test("another registry, or the same one after it lost its ids, shares nothing", () => {
  openDiskCache(folder, "http://a", { one: 1 }).write(7, text);
  expect(openDiskCache(folder, "http://b", { one: 1 }).read(7)).toBeUndefined();
  expect(openDiskCache(folder, "http://a", { one: 2 }).read(7)).toBeUndefined();
});

test("a torn or foreign file counts as absent", () => {
  const cache = openDiskCache(folder, "http://a", { one: 1 });
  cache.write(7, text);
  const [registry = ""] = readdirSync(folder);
  const [store = ""] = readdirSync(join(folder, registry));
  writeFileSync(join(folder, registry, store, "7.json"), '{"schema": "tr');
  expect(cache.read(7)).toBeUndefined();
  writeFileSync(join(folder, registry, store, "7.json"), "[]");
  expect(cache.read(7)).toBeUndefined();
});

test("own ids come back only when all wanted ones are there", () => {
  expect(readOwnIds(folder, "http://a", ["one"])).toBeUndefined();
  writeOwnIds(folder, "http://a", { one: 1 });
  writeOwnIds(folder, "http://a", { two: 2 });
  expect(readOwnIds(folder, "http://a", ["one", "two"])).toEqual({ one: 1, two: 2 });
  expect(readOwnIds(folder, "http://a", ["one", "three"])).toBeUndefined();
  expect(readOwnIds(folder, "http://b", ["one"])).toBeUndefined();
});
