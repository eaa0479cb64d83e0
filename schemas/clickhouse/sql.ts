// Cuts SQL files into statements and drops their comments, as far as our own files need it.

/** Strings and comments are passed over whole, so that a semicolon in them ends nothing. */
const token = /--[^\n]*|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`|;|[^-'`;]+|[\s\S]/g;

/** Without comments and the semicolons between them; none is empty. */
export const statementsOf = (sql: string): readonly string[] => {
  const statements = [""];
  for (const [part] of sql.matchAll(token)) {
    if (part === ";") statements.push("");
    else if (!part.startsWith("--")) statements.push((statements.pop() ?? "") + part);
  }
  return statements.map((statement) => statement.trim().replaceAll(/[ \t]+\n/g, "\n")).filter((text) => text !== "");
};
