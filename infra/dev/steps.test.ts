// What the steps of a check are told, and that they leave nothing behind: no colours without a terminal, no process, no folder.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { eventually } from "#test/helpers/eventually.ts";
import { openWorkshop, sum } from "./steps.ts";

beforeEach(() => void vi.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it("without a terminal no step colours its output", async () => {
  vi.stubEnv("FORCE_COLOR", "0");
  await using workshop = openWorkshop(new AbortController().signal);
  const script = `process.exit(process.env.NO_COLOR === "1" && !("FORCE_COLOR" in process.env) ? 0 : 1)`;
  const outcome = await workshop.run({ name: "colourless", command: process.execPath, args: ["-e", script] });
  expect(outcome.ok).toBe(true);
});

it("stopped, it ends what runs and begins nothing more", async () => {
  const stop = new AbortController();
  await using workshop = openWorkshop(stop.signal);
  const step = { name: "endless", command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] };
  const running = workshop.run(step);
  stop.abort();
  expect((await running).ok).toBe(false);
  expect((await workshop.run(step)).ok).toBe(false);
});

it("leaves no folder when it exits at once, although what it started still writes", { timeout: 30_000 }, async () => {
  const parent = mkdtempSync(join(tmpdir(), "steps-test-"));
  // What a killed step has started in turn lives a moment longer, and fills the folder faster than it can be removed.
  const writer = `
    const { mkdirSync, writeFileSync } = require("node:fs");
    const end = Date.now() + 350;
    for (let n = 0; Date.now() < end; n += 1)
      try {
        mkdirSync(process.env.TMPDIR + "/" + (n % 50) + "/" + n, { recursive: true });
        writeFileSync(process.env.TMPDIR + "/" + (n % 50) + "/" + n + "/file", "");
      } catch {}`;
  const step = `
    require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(writer)}], { detached: true, stdio: "ignore" });
    setTimeout(() => {}, 10_000);`;
  const program = `
    import { openWorkshop } from ${JSON.stringify(new URL("./steps.ts", import.meta.url).href)};
    const workshop = openWorkshop(new AbortController().signal);
    void workshop.run({ name: "step", command: process.execPath, args: ["-e", ${JSON.stringify(step)}] });
    setTimeout(() => process.exit(1), 250);`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: parent },
  });
  expect(status).toBe(1);
  await eventually(() => expect(readdirSync(parent)).toEqual([]));
  rmSync(parent, { recursive: true });
});

it("a step that fails without tests counts as one failure", () => {
  const step = { name: "step", seconds: 1, ok: true, passed: 0, failed: 0 };
  expect(
    sum([
      { ...step, passed: 2 },
      { ...step, ok: false },
      { ...step, ok: false, failed: 3 },
    ]),
  ).toEqual({
    passed: 2,
    failed: 4,
  });
});
