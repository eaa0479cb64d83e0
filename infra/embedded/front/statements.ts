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
