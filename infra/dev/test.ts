// npm test: everything. The checks, then integration, crash and end-to-end tests on a stack; ends with the line "N passed, N failed".
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { command, execute } from "#runtime/command.ts";
import { choice } from "#runtime/config.ts";
import { checks, checksAtOnce } from "./check.ts";
import { type Outcome, openWorkshop, printTable, runSteps, sum, vitest } from "./steps.ts";

const isOnPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Why the tests on a real stack cannot run here; a laptop may go without them, CI may not. */
const noStack = (stack: string): string | undefined => {
  if (stack !== "embedded") return undefined;
  const missing = ["java", "mvn"].filter((program) => !isOnPath(program));
  return missing.length === 0
    ? undefined
    : `${missing.join(" and ")} not found: the embedded stack needs Java 17 and Maven`;
};

const onStack = async (stack: string, run: () => Promise<Outcome[]>): Promise<Outcome[]> => {
  const reason = noStack(stack);
  if (reason === undefined) return await run();
  process.stdout.write(`integration skipped, ${reason}\n`);
  return process.env["CI"] === undefined ? [] : [{ name: "integration", ok: false, seconds: 0, passed: 0, failed: 1 }];
};

/** For .ci/run, whose last line it is, after whatever npm has to say. */
const keepCounts = (line: string): void => {
  const folder = fileURLToPath(new URL("../../.earshot/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "test-counts"), line);
};

const test = command({
  name: "test",
  summary:
    "Runs every test: what `npm run check` runs, then integration, crash and end-to-end tests on a stack, which takes minutes.",
  settings: {
    stack: choice("EARSHOT_STACK", ["embedded", "containers", "external"], {
      default: "embedded",
      help: "what the tests run on: jars, Docker, or what KAFKA_BROKERS and its like name",
    }),
  },
  options: {},
  run: async ({ own, out, settings, stopping }) => {
    const workshop = own(openWorkshop(stopping));
    const outcomes = [
      ...(await runSteps(workshop, checks, checksAtOnce)),
      // Alone: its tests measure time, and starve beside a compiler.
      ...(await onStack(settings.stack, () => runSteps(workshop, [vitest("integration", true)], 1))),
    ];
    printTable(outcomes);
    const { passed, failed } = sum(outcomes);
    const line = `${String(passed)} passed, ${String(failed)} failed\n`;
    keepCounts(line);
    await out.write(line);
    return outcomes.every(({ ok }) => ok) ? 0 : 1;
  },
});

await execute(test);
