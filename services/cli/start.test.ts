// npm start: names what can be started, and why it starts nothing.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const services = new URL("../", import.meta.url);

const start = (...args: readonly string[]): Promise<{ status: unknown; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [fileURLToPath(new URL("start.ts", import.meta.url)), ...args],
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : error.code, stdout, stderr }),
    );
  });

test.concurrent("without a service, or with one that does not exist, it lists them all and exits 2", async () => {
  const has = (name: string, file: string): boolean => existsSync(new URL(`${name}/${file}`, services));
  const names = readdirSync(services).filter((name) => has(name, "main.ts") && has(name, "service.ts"));
  const [nothing, mistyped, tooMuch] = await Promise.all([start(), start("detecter"), start("detector", "now")]);
  for (const { stderr, status } of [nothing, mistyped, tooMuch]) {
    for (const name of names) expect(stderr).toContain(`\n  ${name} `);
    expect(status).toBe(2);
  }
  expect(mistyped.stderr).toMatch(/^No service detecter\./);
});

test.concurrent("--help lists them on stdout and exits 0", async () => {
  expect(await start("--help")).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringContaining("Services:") as unknown,
  });
});

test.concurrent("<service> --help tells what it is for and every variable that it reads, and exits 0", async () => {
  const { stdout, status } = await start("detector", "--help");
  expect(stdout).toContain("interactions in, implicit feedback signals out");
  for (const variable of ["KAFKA_BROKERS", "EARSHOT_GAP", "EARSHOT_HASH_KEY", "EARSHOT_HTTP_PORT", "EARSHOT_LOG_LEVEL"])
    expect(stdout).toMatch(new RegExp(`^  ${variable} `, "m"));
  expect(status).toBe(0);
});
