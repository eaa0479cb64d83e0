// npm run evaluate: detection quality on labelled dialogues and pairs, with intervals and goals; one table and, if asked for, a JSON file.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { command, execute } from "#runtime/command.ts";
import { evaluate } from "./quality-measures.ts";
import { measureText } from "./text.ts";

const ownData = fileURLToPath(new URL("../data", import.meta.url));
const show = (value: number): string => value.toFixed(3);

const quality = command({
  name: "evaluate",
  summary: "Measures repeat-ask, corrections and abandonment against human labels.",
  settings: {},
  tabular: true,
  options: {
    data: {
      flags: "--data <folder>",
      help: "gzipped JSON Lines in the shapes of test/data/README.md",
      default: ownData,
    },
    speed: { flags: "--speed", help: "measure the analyser's speed as well" },
    json: { flags: "--out <file>", help: "JSON file for the figures", default: "" },
  },
  run: async ({ options, say, out, path }) => {
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
  },
});

await execute(quality);
