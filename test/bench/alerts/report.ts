// npm run evaluate -- --alerts: every goal of alerting beside what was measured, and whether it is met.
import type { Output } from "#runtime/output.ts";
import { simulationGoals } from "./jobs.ts";
import { judge, type Sample } from "./measures.ts";
import { nabGoals, scoreNab } from "./nab-path.ts";
import { simulate } from "./simulate.ts";

export interface ReportOptions {
  /** A tenth of the runs. */
  readonly quick: boolean;
  /** Part of a simulation's name; empty: all. */
  readonly only: string;
  /** A checkout of numenta/NAB; undefined: that part is not run. */
  readonly nab: string | undefined;
  /** With false only the benchmark of the metric path. */
  readonly simulations: boolean;
  readonly out: Output;
  readonly say: (message: string) => void;
}

/** Exit code: 1 when a goal is missed beyond its interval. */
export const reportAlerts = async ({ quick, only, nab, simulations, out, say }: ReportOptions): Promise<number> => {
  const samples: Sample[] = [];
  const started = performance.now();
  if (simulations) {
    const simulation = await simulate({ scale: quick ? 0.1 : 1, only });
    samples.push(...simulation.samples);
    const costs = [...simulation.cost].toSorted((a, b) => b[1] - a[1]).slice(0, 5);
    say(`most time: ${costs.map(([name, millis]) => `${name} ${(millis / 1_000).toFixed(1)} s`).join(", ")}`);
  }
  if (nab !== undefined) samples.push(...scoreNab(nab));
  const goals = [...(simulations ? simulationGoals : []), ...nabGoals];
  const rows = goals.map((goal) => judge(goal, samples)).filter(({ verdict }) => only === "" || verdict !== "not run");
  await out.table(rows.map(({ verdict, ...row }) => ({ ...row, verdict })));
  const short = rows.filter(({ verdict }) => verdict === "short");
  say(
    `${rows.length - short.length} of ${rows.length} goals not missed (95 % intervals) in ${((performance.now() - started) / 1_000).toFixed(0)} s`,
  );
  return short.length > 0 ? 1 : 0;
};
