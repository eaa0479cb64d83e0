// npm run query: asks ClickHouse one of the named questions of schemas/clickhouse/queries.
import pc from "picocolors";
import { openStore } from "#adapters/store.ts";
import { command, execute } from "#runtime/command.ts";
import { needed, optional } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { nearest } from "#runtime/nearest.ts";
import { clickhouseSettings, storeAccess } from "#runtime/shared-settings.ts";
import { bindParams, expectationOf, type NamedQuery, readQueries } from "#schemas/clickhouse/queries.ts";

const usage = (message: string): AppError =>
  new AppError("usage", message, { cure: "npm run query -- --list shows all questions and their parameters." });

/** `name=value`, the last of a name counts. */
const givenParams = ({ params }: NamedQuery, texts: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    texts.map((text) => {
      const equals = text.indexOf("=");
      if (equals >= 1) return [text.slice(0, equals), text.slice(equals + 1)];
      const known = params.find(({ name }) => name === text);
      if (known === undefined) throw usage(`--param ${text} is not name=value`);
      throw usage(`--param ${text}=… lacks its value: expected ${expectationOf(known, Date.now())}`);
    }),
  );

const find = (queries: readonly NamedQuery[], name: string | undefined): NamedQuery => {
  if (name === undefined) throw usage("Which question?");
  const found = queries.find((query) => query.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    queries.map((query) => query.name),
    3,
  );
  throw usage(`There is no question ${name}.${near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`}`);
};

const bind = (query: NamedQuery, texts: readonly string[]): Readonly<Record<string, string>> => {
  const bound = bindParams(query, givenParams(query, texts), Date.now());
  if ("mistakes" in bound) throw usage(bound.mistakes.join("\n"));
  return bound.params;
};

const listed = ({ name, question, params }: NamedQuery) => ({
  name,
  question,
  params: params.map((param) => `${param.name}=${param.default}`).join(" "),
});

export const query = command({
  name: "query",
  summary: "Answers one of the named questions from the configured ClickHouse.",
  arguments: [{ name: "[name]", help: "which question; --list shows all" }],
  settings: { ...clickhouseSettings, clickhouse: optional(clickhouseSettings.clickhouse) },
  options: {
    list: { flags: "--list", help: "all questions with their parameters and defaults" },
    param: { flags: "--param <name=value...>", help: "a parameter of the question" },
    sql: { flags: "--sql", help: "print the SQL instead of asking it" },
  },
  tabular: true,
  run: async ({ settings, options, args, own, log, say, out }) => {
    const queries = readQueries();
    if (options.list) {
      await out.table(queries.map(listed));
      return 0;
    }
    const asked = find(queries, args[0]);
    const params = bind(asked, options.param);
    if (options.sql) {
      await out.write(`${asked.sql}\n`);
      return 0;
    }
    const clickhouse = needed(clickhouseSettings.clickhouse, settings.clickhouse);
    const store = own(await openStore({ ...storeAccess({ ...settings, clickhouse }), log }));
    const rows = await store.query(asked.sql, params);
    if (!out.json) say(pc.bold(asked.question));
    if (rows.length === 0) say("No row answers it. Look at the window and the thresholds: --param name=value");
    else await out.table(rows);
    return 0;
  },
});

if (import.meta.main) await execute(query);
