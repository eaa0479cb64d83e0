// What a command writes to stdout: text, or rows as an aligned table or as JSON Lines.
import Table from "cli-table3";

/** What the command is for; owns stdout. */
export interface Output {
  /** Resolves when stdout has taken it: awaiting keeps a slow pipe from filling the memory. */
  write(text: string): Promise<void>;
  /** Aligned columns, or JSON Lines of the same rows under --json. */
  table(rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Whether --json was given. */
  readonly json: boolean;
}

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
};

const borders = ["top", "bottom", "left", "right", "mid"].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
]);
const noLines = Object.fromEntries(borders.map((name) => [name, ""]));

const renderTable = (rows: readonly Readonly<Record<string, unknown>>[]): string => {
  if (rows.length === 0) return "";
  const head = Object.keys(rows[0] ?? {});
  const table = new Table({
    head,
    chars: { ...noLines, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((name) => (rows.every((row) => typeof row[name] === "number") ? "right" : "left")),
  });
  table.push(...rows.map((row) => head.map((name) => cell(row[name]))));
  return table.toString().replaceAll(/ *(\n|$)/g, "\n");
};

export const createOutput = (write: (text: string) => Promise<void>, json: boolean): Output => ({
  json,
  write,
  table: (rows) => write(json ? rows.map((row) => `${JSON.stringify(row)}\n`).join("") : renderTable(rows)),
});
