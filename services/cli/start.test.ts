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
