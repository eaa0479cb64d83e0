// A registry's answers and silences become exactly three outcomes.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FakeRegistry, startFakeRegistry } from "./fake-registry.ts";
import { createRegistryClient } from "./registry-client.ts";

let registry: FakeRegistry;
let id = 0;
beforeAll(async () => {
  registry = await startFakeRegistry();
  id = registry.add("a-value", '"string"');
});
beforeEach(() => {
  registry.mode = "up";
});
afterAll(() => registry[Symbol.asyncDispose]());

const client = (url = registry.url) => createRegistryClient({ url, timeout: 100 });

test("what the registry has is found", async () => {
  expect(await client().byId(id)).toEqual({ kind: "found", value: { schema: '"string"' } });
  expect(await client().lookUp("a-value", '"string"')).toEqual({ kind: "found", value: id });
  expect(await client().versions("a-value")).toEqual({ kind: "found", value: [{ schema: '"string"' }] });
});

test("what the registry itself says it lacks is unknown", async () => {
  expect(await client().byId(99)).toEqual({ kind: "unknown" });
  expect(await client().lookUp("a-value", '"long"')).toEqual({ kind: "unknown" });
  expect(await client().lookUp("b-value", '"string"')).toEqual({ kind: "unknown" });
  expect(await client().versions("b-value")).toEqual({ kind: "unknown" });
  expect(await client().level("a-value")).toEqual({ kind: "unknown" });
});

test.each(["silent", "error", "proxy"] as const)(
  "a registry that is %s is unavailable, never unknown",
  async (mode) => {
    registry.mode = mode;
    expect(await client().byId(id)).toMatchObject({ kind: "unavailable" });
    expect(await client().lookUp("a-value", '"string"')).toMatchObject({ kind: "unavailable" });
  },
);

test("a registry that refuses connections is unavailable", async () => {
  const gone = await startFakeRegistry();
  await gone[Symbol.asyncDispose]();
  expect(await client(gone.url).byId(id)).toMatchObject({ kind: "unavailable" });
});

test("a closed client ends what is under way", async () => {
  registry.mode = "silent";
  const closed = new AbortController();
  const asked = createRegistryClient({ url: registry.url, timeout: 10_000, signal: closed.signal }).byId(id);
  closed.abort();
  expect(await asked).toMatchObject({ kind: "unavailable" });
});

test("a level that was set is read back", async () => {
  await client().setLevel("a-value", "BACKWARD_TRANSITIVE");
  expect(await client().level("a-value")).toEqual({ kind: "found", value: "BACKWARD_TRANSITIVE" });
});
