// Registering against a registry in memory: order, repetition, compatibility level, refusal.
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundledSchema } from "#schemas/bundled.ts";
import type { HistoryEntry } from "#schemas/history.ts";
import type { AvroObject } from "#schemas/schema-json.ts";
import { type FakeRegistry, startFakeRegistry } from "./fake-registry.ts";
import { checkRegistry, registerSchemas } from "./registration.ts";

let registry: FakeRegistry;
beforeEach(async () => {
  registry = await startFakeRegistry();
});
afterEach(() => registry[Symbol.asyncDispose]());

const signal = JSON.parse(bundledSchema("signal")) as AvroObject;
/** An older signal, without its last field. */
const older: HistoryEntry = {
  file: "0001_signal.avsc",
  name: "signal",
  text: JSON.stringify({ ...signal, fields: (signal.fields ?? []).slice(0, -1) }),
};

const register = (history: readonly HistoryEntry[], dryRun = false) =>
  registerSchemas({ access: { url: registry.url }, prefix: "t.", history, dryRun });

test("every version of the history is registered in its order, then today's, all BACKWARD_TRANSITIVE", async () => {
  const rows = await register([older]);
  expect(rows.map(({ subject, id, state }) => [subject, id, state])).toEqual([
    ["t.signals-value", 3, "registered"],
    ["t.interactions-value", 2, "registered"],
    ["t.tallies-value", 4, "registered"],
    ["t.late-value", 5, "registered"],
    ["t.rejects-value", 6, "registered"],
    ["t.changes-value", 7, "registered"],
    ["t.incidents-value", 8, "registered"],
    ["t.deliveries-value", 9, "registered"],
    ["t.alerter-state-value", 10, "registered"],
  ]);
  expect(new Set(registry.levels.values())).toEqual(new Set(["BACKWARD_TRANSITIVE"]));
  expect(registry.levels.size).toBe(9);
});

test("doing it again changes nothing", async () => {
  await register([older]);
  registry.requests.length = 0;
  const rows = await register([older]);
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["unchanged"]));
  expect(registry.requests.filter((line) => line.endsWith("/versions") || line.startsWith("PUT"))).toEqual([]);
});

test("a level that somebody changed is set again", async () => {
  await register([]);
  registry.levels.set("t.late-value", "NONE");
  await register([]);
  expect(registry.levels.get("t.late-value")).toBe("BACKWARD_TRANSITIVE");
});

test("a dry run registers nothing and says what is missing", async () => {
  const rows = await register([], true);
  expect(rows).toHaveLength(9);
  expect(rows[0]).toEqual({ subject: "t.interactions-value", id: null, state: "missing" });
  expect(registry.levels.size).toBe(0);
});

test("a refusal by the registry is an incompatible schema, an outage is not", async () => {
  await register([]);
  const fields = [...(signal.fields ?? []), { name: "without_default", type: "string" }];
  const breaking: HistoryEntry = { ...older, text: JSON.stringify({ ...signal, fields }) };
  await expect(register([breaking])).rejects.toMatchObject({ code: "schema_incompatible" });
  registry.mode = "error";
  await expect(register([])).rejects.toMatchObject({ code: "registry_unavailable", retryable: true });
});

test("versions that today's schema cannot read are named with subject, version and field", async () => {
  expect(await checkRegistry({ url: registry.url }, "t.")).toEqual([]);
  registry.add("t.signals-value", older.text);
  registry.add("t.signals-value", JSON.stringify({ ...signal, fields: [{ name: "event_id", type: "long" }] }));
  const found = await checkRegistry({ url: registry.url }, "t.");
  expect(new Set(found.map(({ subject, version }) => `${subject} ${version}`))).toEqual(new Set(["t.signals-value 2"]));
  expect(found[0]).toMatchObject({
    field: "event_id",
    why: "was long and is string, which cannot hold every old value",
  });
});
