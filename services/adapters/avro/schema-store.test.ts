// Layers, single flight and the negative cache of the schema store.
import { expect, test } from "vitest";
import { silentLogger } from "#runtime/logger.ts";
import type { DiskCache } from "./disk-cache.ts";
import type { Answer, StoredSchema } from "./registry-client.ts";
import { createSchemaStore } from "./schema-store.ts";

const text = { schema: '"string"' };

const setUp = (answer: (id: number) => Answer<StoredSchema>, disk?: DiskCache) => {
  const asked: number[] = [];
  const time = { now: 0 };
  const store = createSchemaStore({
    client: {
      byId: async (id) => {
        asked.push(id);
        return answer(id);
      },
    },
    bundled: new Map([[1, text]]),
    disk,
    log: silentLogger,
    clock: () => time.now,
  });
  return { store, asked, time };
};

test("a bundled schema is known without asking", async () => {
  const { store, asked } = setUp(() => ({ kind: "unknown" }));
  expect(store.known(1)).toEqual(text);
  expect(await store.resolve(1)).toBe("resolved");
  expect(asked).toEqual([]);
});

test("many who wait for one id ask once, and then it is known for good", async () => {
  const { store, asked } = setUp(() => ({ kind: "found", value: text }));
  expect(store.known(7)).toBeUndefined();
  expect(await Promise.all([store.resolve(7), store.resolve(7), store.resolve(7)])).toEqual(Array(3).fill("resolved"));
  expect(store.known(7)).toEqual(text);
  expect(asked).toEqual([7]);
});

test("a definite no is believed for 30 s, then asked again", async () => {
  const { store, asked, time } = setUp(() => ({ kind: "unknown" }));
  expect(await store.resolve(7)).toBe("unknown");
  time.now = 29_999;
  expect(store.known(7)).toBe("unknown");
  expect(await store.resolve(7)).toBe("unknown");
  expect(asked).toEqual([7]);
  time.now = 30_000;
  expect(store.known(7)).toBeUndefined();
  expect(await store.resolve(7)).toBe("unknown");
  expect(asked).toEqual([7, 7]);
});

test("an outage is no answer: it is not remembered, and nothing known is lost", async () => {
  const answers: Answer<StoredSchema>[] = [
    { kind: "unavailable", cause: new Error("refused") },
    { kind: "found", value: text },
  ];
  const { store } = setUp(() => answers.shift() ?? { kind: "unknown" });
  expect(await store.resolve(7)).toBe("unavailable");
  expect(store.known(7)).toBeUndefined();
  expect(store.known(1)).toEqual(text);
  expect(await store.resolve(7)).toBe("resolved");
});

test("what is on disk needs no network, and what the network says goes to disk", async () => {
  const kept = new Map<number, StoredSchema>([[7, text]]);
  const disk: DiskCache = { read: (id) => kept.get(id), write: (id, schema) => void kept.set(id, schema) };
  const { store, asked } = setUp(() => ({ kind: "found", value: { schema: '"long"' } }), disk);
  expect(await store.resolve(7)).toBe("resolved");
  expect(asked).toEqual([]);
  await store.resolve(8);
  expect(kept.get(8)).toEqual({ schema: '"long"' });
});

test("a disk that cannot be written costs nothing but the copy", async () => {
  const disk: DiskCache = {
    read: () => undefined,
    write: () => {
      throw new Error("read-only file system");
    },
  };
  const { store } = setUp(() => ({ kind: "found", value: text }), disk);
  expect(await store.resolve(7)).toBe("resolved");
});
