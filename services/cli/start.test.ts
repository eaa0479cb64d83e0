// npm start: names what can be started, and why it starts nothing.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const services = new URL("../", import.meta.url);
const start = (...args: readonly string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL("start.ts", import.meta.url)), ...args], { encoding: "utf8" });

test("without a service, or with one that does not exist, it lists them all and exits 2", () => {
  const has = (name: string, file: string): boolean => existsSync(new URL(`${name}/${file}`, services));
  const names = readdirSync(services).filter((name) => has(name, "main.ts") && has(name, "service.ts"));
  for (const { stderr, status } of [start(), start("detecter"), start("detector", "now")]) {
    for (const name of names) expect(stderr).toContain(`\n  ${name} `);
    expect(status).toBe(2);
  }
  expect(start("detecter").stderr).toMatch(/^No service detecter\./);
});

test("--help lists them on stdout and exits 0", () => {
  expect(start("--help")).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringContaining("Services:") as unknown,
  });
});

test("<service> --help tells what it is for and every variable that it reads, and exits 0", () => {
  const { stdout, status } = start("detector", "--help");
  expect(stdout).toContain("interactions in, implicit feedback signals out");
  for (const variable of ["KAFKA_BROKERS", "EARSHOT_GAP", "EARSHOT_HASH_KEY", "EARSHOT_HTTP_PORT", "EARSHOT_LOG_LEVEL"])
    expect(stdout).toMatch(new RegExp(`^  ${variable} `, "m"));
  expect(status).toBe(0);
});
