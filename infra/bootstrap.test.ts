// The bootstrap and its lock, as processes: what passes through to the program, and that work under a lock never overlaps.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const infra = fileURLToPath(new URL(".", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bootstrap-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const bootstrap = (program: string, ...args: string[]) =>
  spawn(process.execPath, [join(infra, "bootstrap.mjs"), relative(join(infra, ".."), program), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });

const outputOf = async (child: ReturnType<typeof bootstrap>): Promise<string> =>
  (await Array.fromAsync(child.stdout as AsyncIterable<Buffer>)).join("");

describe("the bootstrap", () => {
  it("runs the program on Node 24 with its arguments and passes its exit code on", async () => {
    const program = script("exit.ts", "console.log(process.version, ...process.argv.slice(2)); process.exit(7);");
    const child = bootstrap(program, "--one", "two");
    const [output, [code]] = await Promise.all([outputOf(child), once(child, "exit")]);
    expect(output).toMatch(/^v24\.\S+ --one two\n$/);
    expect(code).toBe(7);
  });

  it("tells the program once of a Ctrl-C that comes from the terminal and from npm", async () => {
    const program = script(
      "signals.ts",
      `process.on("SIGINT", () => { console.log("SIGINT"); setTimeout(() => process.exit(0), 150); });
      console.log("up"); setInterval(() => {}, 1000);`,
    );
    const child = bootstrap(program);
    child.stdout.once("data", () => {
      child.kill("SIGINT");
      setTimeout(() => child.kill("SIGINT"), 20);
    });
    const [output, [code]] = await Promise.all([outputOf(child), once(child, "exit")]);
    expect(output).toBe("up\nSIGINT\n");
    expect(code).toBe(0);
  });
});

describe("the lock", () => {
  it("lets one process work at a time, and takes over from one that died", async () => {
    const [lock, journal] = [join(folder, "work.lock"), join(folder, "journal")];
    // No process has the highest id that Linux and macOS can give.
    writeFileSync(lock, "4194304");
    const worker = script(
      "worker.mjs",
      `import { appendFileSync } from "node:fs";
      import { setTimeout } from "node:timers/promises";
      import { withLock } from ${JSON.stringify(join(infra, "lock.mjs"))};
      await withLock(${JSON.stringify(lock)}, () => {}, async () => {
        appendFileSync(${JSON.stringify(journal)}, "in ");
        await setTimeout(20);
        appendFileSync(${JSON.stringify(journal)}, "out ");
      });`,
    );
    const workers = Array.from({ length: 4 }, () => spawn(process.execPath, [worker], { stdio: "inherit" }));
    const codes = await Promise.all(workers.map(async (child) => (await once(child, "exit"))[0] as number));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readFileSync(journal, "utf8")).toBe("in out ".repeat(4));
  });
});
