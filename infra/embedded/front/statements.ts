// Reads just enough of a SQL text to treat it as ClickHouse's HTTP interface does: comments, quotes, several statements, FORMAT.

const comment = String.raw`--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/`;
const quoted = String.raw`'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|${"`"}(?:[^${"`"}\\]|\\[\s\S])*${"`"}`;
const leading = new RegExp(String.raw`^(?:\s|${comment})*`);
const insert = /^insert\b/i;

const withoutLead = (sql: string): string => sql.replace(leading, "");

export const isEmpty = (sql: string): boolean => withoutLead(sql) === "";

export const isInsert = (sql: string): boolean => insert.test(withoutLead(sql));

/** The server refuses `SELECT 1; SELECT 2`; chDB would run both and hide the mistake until production. */
export const hasSeveralStatements = (sql: string): boolean => {
  const bare = sql.replace(new RegExp(`${quoted}|${comment}`, "g"), (part) => (/^['"`]/.test(part) ? "x" : " "));
  return /;[\s;]*[^\s;]/.test(bare);
};

/** The format that a query names at its end. */
export const formatOf = (sql: string): string | undefined =>
  /\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[\s\S]*)?;?\s*$/i.exec(sql)?.[1];

/** What goes before FORMAT and what FORMAT says, in an INSERT whose data follow it. */
const insertFormat = /(\sSETTINGS\s+\w+\s*=[^'"`]*?)?\sFORMAT\s+\w+\s*?(?:[ \t\f]*\r?\n|[ \t\f]+|\s*;?\s*$)/i;

/** An INSERT taken apart: its SQL up to the data, and where they begin; undefined where no FORMAT announces data. */
export const splitInsert = (text: string): { readonly sql: string; readonly dataAt: number } | undefined => {
  const match = isInsert(text) ? insertFormat.exec(text) : null;
  if (match === null) return undefined;
  const dataAt = match.index + match[0].length;
  return { sql: text.slice(0, dataAt), dataAt };
};

/** The same INSERT with its data in a file, whose name comes quoted. */
export const withFile = (sql: string, file: string): string =>
  sql.replace(insertFormat, (tail) => ` FROM INFILE ${file} ${tail.replace(/;\s*$/, "")}`);
