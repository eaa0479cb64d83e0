// Every version of our schemas ever released, in one append-only order: registered in it, a fresh registry hands out the same
// ids again, and compatibility can be checked without a registry.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { bundledSchema, compact, type SchemaName, schemaNames } from "./bundled.ts";

export interface HistoryEntry {
  /** `0001_interaction.avsc` */
  readonly file: string;
  readonly name: SchemaName;
  /** Compact text, as registered. */
  readonly text: string;
}

const folder = new URL("./history/", import.meta.url);

export const readHistory = (): readonly HistoryEntry[] =>
  readdirSync(folder)
    .toSorted()
    .flatMap((file) => {
      const name = schemaNames.find((known) => file.endsWith(`_${known}.avsc`));
      return name === undefined ? [] : [{ file, name, text: compact(readFileSync(new URL(file, folder), "utf8")) }];
    });

/** Schemas that differ from their newest version in the history. */
export const unfrozen = (history: readonly HistoryEntry[]): readonly SchemaName[] =>
  schemaNames.filter((name) => history.findLast((entry) => entry.name === name)?.text !== bundledSchema(name));

/** Appends today's version of each changed schema; says which files it wrote. */
export const freeze = (history: readonly HistoryEntry[]): readonly string[] => {
  let number = Math.max(0, ...history.map(({ file }) => Number.parseInt(file, 10)));
  return unfrozen(history).map((name) => {
    const file = `${String(++number).padStart(4, "0")}_${name}.avsc`;
    writeFileSync(new URL(file, folder), `${bundledSchema(name)}\n`);
    return file;
  });
};
