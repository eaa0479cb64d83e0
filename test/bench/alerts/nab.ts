// A checkout of numenta/NAB as the metric path sees it: its files, its labels, and the score of a detector over all of them.
import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { ScoredFile, Window } from "./nab-score.ts";

export interface Series extends Omit<ScoredFile, "scores"> {
  readonly values: Float64Array;
}

/** Labels carry fractions of seconds, the rows do not. */
const plain = (time: string): string => time.replace(/\.0+$/, "");

const readSeries = (file: string): { times: string[]; values: Float64Array } => {
  const rows = readFileSync(file, "utf8").trimEnd().split(/\r?\n/).slice(1);
  const times: string[] = [];
  const values = new Float64Array(rows.length);
  for (const [index, row] of rows.entries()) {
    const comma = row.indexOf(",");
    times.push(plain(row.slice(0, comma)));
    values[index] = Number(row.slice(comma + 1));
  }
  return { times, values };
};

/** Every file of `data/` that `labels/combined_windows.json` names, sorted by name. */
export const readCorpus = (folder: string): Series[] => {
  const labels = JSON.parse(readFileSync(join(folder, "labels", "combined_windows.json"), "utf8")) as Record<
    string,
    [string, string][]
  >;
  return globSync("*/*.csv", { cwd: join(folder, "data") })
    .map((path) => ({ path, name: path.split(sep).join("/") }))
    .filter(({ name }) => labels[name] !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ path, name }) => ({
      name,
      ...readSeries(join(folder, "data", path)),
      windows: (labels[name] ?? []).map(([from, to]): Window => [plain(from), plain(to)]),
    }));
};
