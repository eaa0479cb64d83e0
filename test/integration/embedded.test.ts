// The embedded stack's own promises: what it keeps, and that it leaves nothing behind however it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClient } from "@clickhouse/client";
import { describe, expect, it } from "vitest";
import { startStack } from "#infra/embedded/stack.ts";
import { eventually } from "#test/helpers/eventually.ts";

const temporaryFolder = () => {
  const path = mkdtempSync(join(tmpdir(), "embedded-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

const isAlive = (pid: string): boolean => existsSync(`/proc/${pid}`);

const answers = (address: string): Promise<boolean> => {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
};

const register = async (registry: string, schema: string): Promise<number> => {
  const response = await fetch(`${registry}/subjects/kept-value/versions`, {
    method: "POST",
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  return ((await response.json()) as { id: number }).id;
};

const mainProgram = fileURLToPath(new URL("../../infra/embedded/main.ts", import.meta.url));

/** `npm run stack` in a temporary folder of its own; resolves when it has printed its settings. */
const startProgram = async (temporary: string) => {
  const child = spawn(process.execPath, [mainProgram], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  const settings: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
    if (name !== undefined) settings[name] = value ?? "";
    if (name === "CLICKHOUSE_PASSWORD") break;
  }
  const processes = readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TMPDIR=${temporary}\0`);
    } catch {
      return false;
    }
  });
  return { child, ended, settings, processes };
};

describe("the embedded stack", () => {
  it("finds schema ids and rows again in a folder that is kept", async () => {
    using folder = temporaryFolder();
    const before = await startStack({ dir: folder.path, keep: true });
    const id = await register(before.settings.SCHEMA_REGISTRY_URL, "string");
    {
      await using client = createClient({ url: before.settings.CLICKHOUSE_URL });
      await client.command({ query: "CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a" });
      await client.insert({ table: "kept", values: [{ a: 7 }], format: "JSONEachRow" });
    }
    await before[Symbol.asyncDispose]();

    await using after = await startStack({ dir: folder.path, keep: true });
    expect(await register(after.settings.SCHEMA_REGISTRY_URL, "string")).toBe(id);
    await using client = createClient({ url: after.settings.CLICKHOUSE_URL });
    const rows = await client.query({ query: "SELECT a FROM kept", format: "JSONEachRow" });
    expect(await rows.json()).toEqual([{ a: 7 }]);
  });

  it("leaves nothing when it is stopped while it starts", async () => {
    using folder = temporaryFolder();
    const { TMPDIR } = process.env;
    process.env["TMPDIR"] = folder.path;
    try {
      await expect(startStack({ signal: AbortSignal.timeout(700) })).rejects.toThrow(/timeout/);
      expect(readdirSync(folder.path)).toEqual([]);
    } finally {
      process.env["TMPDIR"] = TMPDIR;
    }
  });

  it.runIf(process.platform === "linux").each(["SIGINT", "SIGKILL"] as const)(
    "leaves neither process nor port nor folder after %s",
    async (signal) => {
      using folder = temporaryFolder();
      const { child, ended, settings, processes } = await startProgram(folder.path);
      expect(processes.length).toBeGreaterThan(6);
      child.kill(signal);
      await ended;
      await eventually(() => readdirSync(folder.path).length === 0);
      const alive = () => processes.filter((pid) => readdirSync("/proc").includes(pid));
      await eventually(() => alive().length === 0);
      expect(await answers(settings["KAFKA_BROKERS"] ?? "")).toBe(false);
    },
  );

  it.runIf(process.platform === "linux").each([
    ["SIGTERM", "at once"],
    ["SIGTERM", "while it removes its folder"],
    ["SIGKILL", "while it removes its folder"],
  ] as const)("leaves nothing after a Ctrl-C and a %s %s", async (signal, when) => {
    using folder = temporaryFolder();
    const { child, ended, processes } = await startProgram(folder.path);
    const [run = ""] = readdirSync(folder.path);
    const isWhole = () => ["kafka", "registry", "clickhouse"].every((part) => existsSync(join(folder.path, run, part)));
    child.kill("SIGINT");
    // The removal takes milliseconds: only who waits without a pause meets it.
    if (when !== "at once") while (isWhole());
    child.kill(signal);
    await ended;
    await eventually(() => expect(readdirSync(folder.path)).toEqual([]));
    await eventually(() => expect(processes.filter(isAlive)).toEqual([]));
  });
});
