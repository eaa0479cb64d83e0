// A real registry keeps the registry contract, and its ids outlive a restart.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { registerSchemas } from "#adapters/avro/registration.ts";
import { javaVersion } from "#infra/embedded/java.ts";
import { startRegistry } from "#infra/embedded/registry.ts";
import { readHistory } from "#schemas/history.ts";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";
import { registryContract } from "./registry.contract.ts";

registryContract("the stack's registry", async () => ({
  url: stackSettings().SCHEMA_REGISTRY_URL,
  prefix: freshNamespace().EARSHOT_TOPIC_PREFIX,
  [Symbol.asyncDispose]: async () => undefined,
}));

/** Only the embedded one is ours to restart. */
const embedded = (process.env["EARSHOT_STACK"] ?? "embedded") === "embedded";

test.runIf(embedded)("after a restart of the embedded registry every schema has the id it had", async () => {
  const dir = mkdtempSync(join(tmpdir(), "earshot-registry-"));
  await using folder = { [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true, force: true }) };
  expect(folder).toBeDefined();
  const download = fileURLToPath(import.meta.resolve("#infra/embedded/download.mjs"));
  const { stdout } = await promisify(execFile)(process.execPath, [download]);
  const context = { dir, hold: undefined, downloads: stdout.trim(), java: await javaVersion(), signal: undefined };
  const idsFrom = async () => {
    const registry = await startRegistry(context);
    const rows = await registerSchemas({ access: registry, prefix: "t.", history: readHistory() });
    await registry.stop(10_000);
    return rows;
  };
  const first = await idsFrom();
  expect(await idsFrom()).toEqual(first.map(({ subject, id }) => ({ subject, id, state: "unchanged" })));
});
