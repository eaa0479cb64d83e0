// Runs the project's checks and tests as child processes: several at a time, one line for each when it is done, a table at the end.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import colours from "picocolors";
import { removeWhenUnused } from "#infra/embedded/run-folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its output goes straight to the terminal; for long steps that run alone. */
  readonly live?: boolean;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export interface Outcome extends Counts {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

/** Everything that the steps share: a temporary folder for all of them, and one way to stop. */
export interface Workshop extends AsyncDisposable {
  run(step: Step): Promise<Outcome>;
}

/** A run of one vitest project; the reporter for machines counts the tests. */
export const vitest = (project: string, live = false): Step => ({
  name: project,
  command: "vitest",
  args: ["run", "--project", project],
  live,
});

const countTests = (report: string, ok: boolean): Counts => {
  try {
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, "utf8")) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    // A run can also fail outside every test: a file that does not load, a leak, an unhandled error.
    return { passed, failed: ok ? failed : Math.max(1, failed) };
  } catch {
    return { passed: 0, failed: 1 };
  }
};

/** The tools' output is captured, so they cannot see the terminal for themselves; picocolors takes any FORCE_COLOR, "0" too, for yes. */
const colouring = (isTerminal: boolean): NodeJS.ProcessEnv =>
  isTerminal ? { FORCE_COLOR: "1" } : { FORCE_COLOR: undefined, NO_COLOR: "1" };

/** `stopping` ends the running steps and lets no other begin; an exit before that kills them. The folder goes in any case. */
export const openWorkshop = (stopping: AbortSignal): Workshop => {
  const temporary = mkdtempSync(join(tmpdir(), "earshot-check-"));
  const folder = removeWhenUnused(temporary);
  const running = new Set<ChildProcess>();
  const env = {
    ...process.env,
    // The tools' own `node` is then the project's, whatever the system's is.
    PATH: [join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
    TMPDIR: temporary,
    ...colouring(process.stdout.isTTY),
  };
  const end = (signal: NodeJS.Signals): void => {
    for (const child of running) child.kill(signal);
  };
  const stop = (): void => end("SIGTERM");
  stopping.addEventListener("abort", stop, { once: true });
  const abandon = (): void => end("SIGKILL");
  process.once("exit", abandon);

  const execute = async (step: Step, args: readonly string[]): Promise<{ code: number; output: string }> => {
    if (stopping.aborted) return { code: 130, output: "stopped" };
    const child = spawn(step.command, args, {
      cwd: root,
      env,
      stdio: step.live === true ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const output: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => output.push(chunk));
    const ended = Promise.withResolvers<number>();
    child.once("error", ended.reject);
    child.once("close", (code) => ended.resolve(code ?? 1));
    try {
      return { code: await ended.promise, output: Buffer.concat(output).toString() };
    } finally {
      running.delete(child);
    }
  };

  return {
    run: async (step) => {
      const began = performance.now();
      const report = join(temporary, `${step.name}.json`);
      const isVitest = step.command === "vitest";
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
      const { code, output } = await execute(step, isVitest ? [...step.args, ...reporters] : step.args);
      const ok = code === 0;
      const seconds = (performance.now() - began) / 1000;
      process.stdout.write(`${ok ? colours.green("✓") : colours.red("✗")} ${step.name} (${seconds.toFixed(1)} s)\n`);
      if (!ok) process.stdout.write(`${output.trimEnd()}\n`);
      return { name: step.name, ok, seconds, ...(isVitest ? countTests(report, ok) : { passed: 0, failed: 0 }) };
    },
    async [Symbol.asyncDispose]() {
      stopping.removeEventListener("abort", stop);
      process.off("exit", abandon);
      await folder[Symbol.asyncDispose]();
    },
  };
};

/** Runs the steps in their order, at most `atOnce` at a time; a failure does not keep the others from running. */
export const runSteps = async (workshop: Workshop, steps: readonly Step[], atOnce: number): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  const waiting = [...steps];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      outcomes.push(await workshop.run(step));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
};

/** A failed step without tests, such as lint, counts as one: "0 failed" must mean that all is well. */
export const sum = (outcomes: readonly Outcome[]): Counts => ({
  passed: outcomes.reduce((total, { passed }) => total + passed, 0),
  failed: outcomes.reduce((total, { ok, failed }) => total + (ok ? failed : Math.max(1, failed)), 0),
});

export const printTable = (outcomes: readonly Outcome[]): void => {
  const table = new Table({ head: ["step", "result", "tests", "seconds"], style: { head: [], border: [] } });
  for (const { name, ok, passed, failed, seconds } of outcomes) {
    const tests =
      passed + failed === 0 ? "" : `${String(passed)} passed${failed > 0 ? `, ${String(failed)} failed` : ""}`;
    table.push([name, ok ? colours.green("ok") : colours.red("failed"), tests, seconds.toFixed(1)]);
  }
  process.stdout.write(`\n${table.toString()}\n`);
};
