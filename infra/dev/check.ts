// npm run check: the fast part of the tests. Format, lint, types, unused code, unit tests, suite; a table of times at the end.
import { command, execute } from "#runtime/command.ts";
import { openWorkshop, printTable, runSteps, type Step, vitest } from "./steps.ts";

/** The longest first, so that two at a time end together. */
export const checks: readonly Step[] = [
  vitest("suite"),
  vitest("unit"),
  { name: "lint", command: "oxlint", args: [] },
  { name: "types", command: "tsc", args: ["-p", "."] },
  { name: "unused code", command: "knip", args: [] },
  { name: "format", command: "biome", args: ["check", "."] },
];

/** Each tool already uses more than one core for a part of its time; more than two would only make the unit tests wait. */
export const checksAtOnce = 2;

const check = command({
  name: "check",
  summary: "Runs the fast part of the tests: format, lint, types, unused code, unit tests and the suite in memory.",
  settings: {},
  options: {},
  run: async ({ own, stopping }) => {
    const outcomes = await runSteps(own(openWorkshop(stopping)), checks, checksAtOnce);
    printTable(outcomes);
    return outcomes.every(({ ok }) => ok) ? 0 : 1;
  },
});

if (import.meta.main) await execute(check);
