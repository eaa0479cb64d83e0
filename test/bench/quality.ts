// npm run evaluate: detection quality on labelled dialogues and pairs, or with --alerts alerting on simulated traffic, beside its goals.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { command, execute } from "#runtime/command.ts";
import { reportAlerts } from "./alerts/report.ts";
import { evaluate } from "./quality-measures.ts";
import { measureText } from "./text.ts";

const ownData = fileURLToPath(new URL("../data", import.meta.url));
const show = (value: number): string => value.toFixed(3);

const quality = command({
  name: "evaluate",
  summary: "Measures repeat-ask, corrections and abandonment against human labels, or alerting in simulations.",
  settings: {},
  tabular: true,
  options: {
    data: {
      flags: "--data <folder>",
      help: "gzipped JSON Lines in the shapes of test/data/README.md",
      default: ownData,
    },
    speed: { flags: "--speed", help: "measure the analyser's speed as well" },
    alerts: {
      flags: "--alerts",
      help: "alerting on simulated traffic instead; exit 1 when a goal is missed beyond its interval",
    },
    nab: { flags: "--nab <folder>", help: "checkout of numenta/NAB: judges the generic metric path" },
    quick: { flags: "--quick", help: "with --alerts: a tenth of the runs" },
    only: { flags: "--only <name>", help: "with --alerts: simulations whose name contains it", default: "" },
    json: { flags: "--out <file>", help: "JSON file for the figures", default: "" },
  },
  run: async ({ options, say, out, path }) => {
    const { alerts, nab, quick, only } = options;
    if (alerts || nab !== undefined) {
      return reportAlerts({ quick, only, nab: nab === undefined ? nab : path(nab), simulations: alerts, out, say });
    }
    const folder = options.data === ownData ? ownData : path(options.data);
    const measures = evaluate({ folder, seedFolder: ownData, ownData: folder === ownData });
    const { identity } = createTextAnalyser({ unicode: process.versions["unicode"] });
    if (options.json !== "")
      await writeFile(path(options.json), `${JSON.stringify({ identity, folder, measures }, null, 2)}\n`);
    say(
      `95 % intervals by bootstrap over dialogues; files that are in the idf table are measured with a table made without them`,
    );
    if (options.speed)
      for (const [figure, value] of Object.entries(measureText(ownData))) say(`${figure}: ${value.toFixed(2)}`);
    await out.table(
      measures.map(({ dataset, metric, value, low, high, cases, goal }) => ({
        dataset,
        metric,
        value: show(value),
        interval: `${show(low)}–${show(high)}`,
        cases,
        goal: goal === null ? "" : `≥ ${String(goal)}`,
        met: goal === null ? "" : value >= goal ? "yes" : "no",
      })),
    );
    return 0;
  },
});

await execute(quality);
