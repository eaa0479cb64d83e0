// npm test: everything. The checks, then integration, crash and end-to-end tests on a stack; ends with the line "N passed, N failed".
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checks, checksAtOnce } from "./check.ts";
import { type Outcome, openWorkshop, printTable, runSteps, sum, vitest } from "./steps.ts";

const isOnPath = (command: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Why the tests on a real stack cannot run here; a laptop may go without them, CI may not. */
const noStack = (): string | undefined => {
  if ((process.env["EARSHOT_STACK"] ?? "embedded") !== "embedded") return undefined;
  const missing = ["java", "mvn"].filter((command) => !isOnPath(command));
  return missing.length === 0
    ? undefined
    : `${missing.join(" and ")} not found: the embedded stack needs Java 17 and Maven`;
};

const onStack = async (run: () => Promise<Outcome[]>): Promise<Outcome[]> => {
  const reason = noStack();
  if (reason === undefined) return await run();
  process.stdout.write(`integration skipped, ${reason}\n`);
  return process.env["CI"] === undefined ? [] : [{ name: "integration", ok: false, seconds: 0, passed: 0, failed: 1 }];
};

using workshop = openWorkshop();
const outcomes = [
  ...(await runSteps(workshop, checks, checksAtOnce)),
  // Alone: its tests measure time, and starve beside a compiler.
  ...(await onStack(() => runSteps(workshop, [vitest("integration", true)], 1))),
];
printTable(outcomes);
const { passed, failed } = sum(outcomes);
const line = `${String(passed)} passed, ${String(failed)} failed\n`;
const folder = fileURLToPath(new URL("../../.earshot/", import.meta.url));
mkdirSync(folder, { recursive: true });
// For .ci/run, whose last line it is, after whatever npm has to say.
writeFileSync(join(folder, "test-counts"), line);
process.stdout.write(line);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
