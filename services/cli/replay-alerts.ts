// npm run replay -- --alerts: folds a log of tallies, and the changes beside it, into the incidents that the alerter would have raised.
import { loadRulesFile, noRulesFile, type RulesFile } from "#alerter/rules-file.ts";
import type { Env } from "#runtime/config.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { type LogWorld, openTallyLog, readChanges } from "./alerts/log.ts";
import { transitionLine } from "./alerts/transition.ts";
import { createTwin } from "./alerts/twin.ts";
import { type FileWorld, openLineFile } from "./files/lines.ts";

export interface ReplayAlertsOptions {
  /** JSON Lines of tallies; - for standard input. */
  readonly in: string;
  /** Every transition as a JSON line; - for standard output. */
  readonly out: string;
  readonly changes: string | undefined;
  readonly rules: string | undefined;
}

/** Rules of a file for a replay, which sends nothing and so needs no secrets. */
export const rulesFor = (file: string | undefined, { path }: Pick<LogWorld, "path">, env: Env): RulesFile =>
  file === undefined ? noRulesFile : loadRulesFile(path(file), { file, env, secrets: "optional" });

/** Incidents by class: each counts once, at its first transition. */
const createCensus = () => {
  const seen = new Set<string>();
  const classes = new Map<string, number>();
  return {
    classes,
    count({ incident_id: id, class: kind }: IncidentRecord): void {
      if (seen.has(id)) return;
      seen.add(id);
      classes.set(kind, (classes.get(kind) ?? 0) + 1);
    },
  };
};

const listed = (counts: ReadonlyMap<string, number>, none: string): string =>
  [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(", ") || none;

interface Figures {
  readonly lines: number;
  readonly bad: number;
  readonly tallies: number;
  /** ms in all, and ms in the fold. */
  readonly took: number;
  readonly folding: number;
  readonly classes: ReadonlyMap<string, number>;
  readonly rejected: ReadonlyMap<string, number>;
}

const perSecond = (count: number, ms: number): string =>
  Math.round((count / Math.max(1, ms)) * 1000).toLocaleString("en");

const summaryOf = ({ lines, bad, tallies, took, folding, classes, rejected }: Figures): string => {
  const speed = `${perSecond(tallies, took)} tallies/s with parsing, ${perSecond(tallies, folding)}/s in the fold`;
  return [
    `${lines} lines with ${tallies} tallies in ${(took / 1000).toFixed(1)} s: ${speed}`,
    `incidents: ${listed(classes, "none")}`,
    ...(rejected.size === 0 ? [] : [`rejected tallies: ${listed(rejected, "none")}`]),
    ...(bad === 0 ? [] : [`${bad} bad lines left out`]),
  ].join("\n");
};

/** Ends with the exit code: 1 when lines were left out. */
export const replayAlerts = async (options: ReplayAlertsOptions, world: FileWorld & LogWorld): Promise<number> => {
  const { rules } = rulesFor(options.rules, world, {});
  const changes = await readChanges(options.changes, world);
  const out = openLineFile(options.out, world);
  const census = createCensus();
  const take = (transition: IncidentRecord): void => {
    census.count(transition);
    out.write(transitionLine(transition));
  };
  const twin = createTwin({ rules, changes, take });
  const log = openTallyLog(options.in, world);
  const started = performance.now();
  let [tallies, folding] = [0, 0];
  const timed = (work: () => void): void => {
    const before = performance.now();
    work();
    folding += performance.now() - before;
  };

  for await (const lines of log.chunks()) {
    timed(() => {
      for (const line of lines) twin.add(line);
    });
    for (const { record } of lines) if (!record.signal_type.startsWith("~")) tallies += 1;
    await out.drain();
  }
  timed(() => twin.finish());

  const took = performance.now() - started;
  const { classes } = census;
  world.say(summaryOf({ ...log.counts, tallies, took, folding, classes, rejected: twin.rejected() }));
  return log.counts.bad === 0 ? 0 : 1;
};
