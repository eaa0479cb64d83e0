// npm run schemas on a registry in memory: register, repeat, check, and what a break is told as.
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeRegistry, startFakeRegistry } from "#adapters/avro/fake-registry.ts";
import { runCommand } from "#runtime/command.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import { schemas } from "./schemas.ts";

let registry: FakeRegistry;
beforeEach(async () => {
  registry = await startFakeRegistry();
});
afterEach(() => registry[Symbol.asyncDispose]());

const runSchemas = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
  const written = { stdout: "", stderr: "" };
  const code = await runCommand(schemas, args, {
    env,
    stopping: new AbortController().signal,
    stdout: async (text) => void (written.stdout += text),
    stderr: (text) => void (written.stderr += text),
  });
  return { code, ...written };
};

test("registers once, then finds everything unchanged", async () => {
  const env = { SCHEMA_REGISTRY_URL: registry.url };
  const first = await runSchemas(["--json"], env);
  expect(first.code).toBe(0);
  expect(first.stdout.trimEnd().split("\n")).toHaveLength(9);
  expect(first.stdout).toContain('{"subject":"earshot.interactions-value","id":1,"state":"registered"}');
  expect((await runSchemas(["--json"], env)).stdout).toContain('"id":1,"state":"unchanged"}');
});

test("checks without a registry", async () => {
  expect(await runSchemas(["--check"], {})).toMatchObject({ code: 0, stderr: "Compatible with schemas/history.\n" });
});

test("fails the check for a version in the registry that cannot be read, with field and reason", async () => {
  registry.add(
    "earshot.late-value",
    bundledSchema("late").replace('"name":"ts","type":{"type":"long"', '"name":"ts","type":{"type":"string"'),
  );
  const { code, stderr } = await runSchemas(["--check"], { SCHEMA_REGISTRY_URL: registry.url });
  expect(stderr).toContain(
    "earshot.late-value, version 1, field ts: was string and is long, which cannot hold every old value",
  );
  expect(code).toBe(1);
});

test("without a registry to register at, says what is missing", async () => {
  const { code, stderr } = await runSchemas([], {});
  expect(stderr).toContain("SCHEMA_REGISTRY_URL is not set");
  expect(code).toBe(2);
});
