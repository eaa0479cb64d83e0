// What the demo shows at its end: counts, rates with intervals, a few signals with their provenance, three answered questions.
import Table from "cli-table3";
import pc from "picocolors";
import type { Store } from "#adapters/store-port.ts";
import { bindParams, readQueries } from "#schemas/clickhouse/queries.ts";
import type { Heard } from "./on-call.ts";
import type { PlantedIncident } from "./planted-incident.ts";
import type { Truth } from "./traffic.ts";

const questions: ReadonlySet<string> = new Set([
  "prompt-version-raised-abandonment",
  "repeat-ask-by-hour",
  "worst-feature-by-tier",
]);

type Row = Readonly<Record<string, unknown>>;

const cell = (value: unknown): string => {
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(4);
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
};

const table = (rows: readonly Row[]): string => {
  const head = Object.keys(rows[0] ?? {});
  if (head.length === 0) return "(no rows)\n";
  // Colours by picocolors, which knows NO_COLOR and pipes; the table itself adds none.
  const made = new Table({ head: head.map((name) => pc.bold(name)), style: { head: [], border: [], compact: true } });
  made.push(...rows.map((row) => head.map((name) => cell(row[name]))));
  return `${made.toString()}\n`;
};

const percent = (value: unknown): string => `${(Number(value) * 100).toFixed(1)} %`;

/** The summary as text for stdout. */
export const summarize = async ({
  store,
  truth,
  planted,
  onCall,
}: {
  readonly store: Store;
  readonly truth: Truth;
  readonly planted: PlantedIncident;
  readonly onCall: readonly Heard[];
}): Promise<string> => {
  const parts: string[] = [];
  const [landed] = await store.query(`SELECT
    (SELECT count() FROM feedback) AS signals, (SELECT sum(trials) FROM signal_rates) AS trials,
    (SELECT count() FROM late) AS late, (SELECT count() FROM rejects) AS rejects`);
  parts.push(
    `\n${pc.bold("Events in")}  ${cell(truth.events)} of ${cell(truth.sessions)} conversations, ${cell(truth.duplicates)} sent twice, ${cell(truth.outOfOrder)} out of order\n` +
      `${pc.bold("Out")}        ${cell(landed?.["signals"])} signals, ${cell(landed?.["trials"])} trials, ${cell(landed?.["late"])} late, ${cell(landed?.["rejects"])} rejected\n`,
  );

  const rates =
    await store.query(`SELECT signal_type, sum(fired) AS k, sum(trials) AS n, rate_low(k, n) AS low, rate_high(k, n) AS high
    FROM signal_rates WHERE signal_type != 'implicit:engagement-length' GROUP BY signal_type ORDER BY signal_type`);
  parts.push(
    `\n${pc.bold("Rates")} (95 % interval)\n`,
    table(
      rates.map((row) => ({
        signal: row["signal_type"],
        fired: row["k"],
        trials: row["n"],
        rate: percent(Number(row["k"]) / Number(row["n"])),
        interval: `${percent(row["low"])} – ${percent(row["high"])}`,
      })),
    ),
  );

  const examples =
    await store.query(`SELECT event_type, grade, category, score, feature, prompt_name, prompt_version, model_version, release, detector_id,
      detector_version, config_hash, evidence, source_topic, source_partition, source_first_offset, source_last_offset, event_value
    FROM feedback WHERE event_type IN ('implicit:repeat-ask', 'implicit:follow-up-clarification', 'implicit:abandonment') AND provenance_status = 'resolved'
    ORDER BY event_id LIMIT 1 BY event_type`);
  parts.push(`\n${pc.bold("Three signals, each answering for itself")}\n`, ...examples.map(describeSignal));

  for (const query of readQueries().filter(({ name }) => questions.has(name))) {
    const bound = bindParams(query, new Map(), Date.now());
    const answer = "params" in bound ? await store.query(query.sql, bound.params) : [];
    parts.push(
      `\n${pc.bold(query.question)}\nnpm run query -- ${query.name}\n${pc.dim(query.sql)}\n${table(answer.slice(0, 24))}`,
    );
  }
  parts.push(...(await describeIncident(store, planted, onCall)));
  return parts.join("");
};

const clock = (at: number): string => new Date(at).toISOString().slice(11, 16);
const minutesBetween = (from: number, to: number): string => `${((to - from) / 60_000).toFixed(0)} min`;

const describeIncident = async (
  store: Store,
  planted: PlantedIncident,
  onCall: readonly Heard[],
): Promise<readonly string[]> => {
  const told = onCall.filter(({ data }) => data.slice === "feature=billing" && data.class === "quality");
  const opened = told.find(({ type }) => type === "incident.opened");
  const resolved = told.findLast(({ type }) => type === "incident.resolved");
  const openedAt = Date.parse(opened?.data.opened_at ?? "");
  const resolvedAt = Date.parse(resolved?.data.resolved_at ?? "");
  const all =
    await store.query(`SELECT incident_id, class, severity, state, signal_type, slice, onset, opened_at, resolved_at, ratio
    FROM incidents ORDER BY opened_at`);
  const about = all.filter(({ slice }) => String(slice).includes("feature=search"));
  return [
    `\n${pc.bold("The planted incident")} (event time, UTC)\n`,
    `  ${clock(planted.changed)}  prompt p12 of billing goes live\n`,
    `  ${clock(planted.onset)}  the negative rate begins to climb from 5 %, to 18 % at ${clock(planted.peak)}\n`,
    `  ${clock(openedAt)}  on-call is told, ${pc.bold(minutesBetween(planted.onset, openedAt))} after the onset; first suspect ${opened?.data.changes[0]?.change_id ?? "none"} (${cell(opened?.data.changes[0]?.score)})\n`,
    `  ${clock(planted.rolledBack)}  p11 is back\n`,
    `  ${clock(resolvedAt)}  the incident resolves, ${pc.bold(minutesBetween(planted.rolledBack, resolvedAt))} after the rollback\n`,
    `  the traffic of search doubled at ${clock(planted.changed)} at a constant rate: ${cell(about.length)} incidents about it\n`,
    `\n${pc.bold("What on-call got")}, signature ${opened?.raw.signature ?? "missing"}\n${pc.dim(JSON.stringify(JSON.parse(opened?.raw.body ?? "null"), null, 2))}\n`,
    `\n${pc.bold("All incidents")}\nnpm run query -- open-incidents shows those that are live\n${table(all)}`,
  ];
};

const describeSignal = (row: Row): string => {
  const kind = [row["grade"], row["category"]].filter((part) => part !== "" && part !== null).join(", ");
  const events = (row["evidence"] as readonly string[]).join(" ");
  return (
    `  ${pc.cyan(cell(row["event_type"]))}${kind === "" ? "" : ` (${kind})`}${row["score"] === null ? "" : `, score ${cell(row["score"])}`}\n` +
    `    about     ${cell(row["feature"])}: prompt ${cell(row["prompt_name"])} ${cell(row["prompt_version"])}, model ${cell(row["model_version"])}, release ${cell(row["release"])}\n` +
    `    seen by   ${cell(row["detector_id"])} ${cell(row["detector_version"])}, settings ${cell(row["config_hash"])}\n` +
    `    from      ${events}\n` +
    `    at        ${cell(row["source_topic"])}/${cell(row["source_partition"])}, offsets ${cell(row["source_first_offset"])} to ${cell(row["source_last_offset"])}\n`
  );
};
