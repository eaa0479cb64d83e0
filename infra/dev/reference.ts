// The text of services/REFERENCE.md, from the code itself: settings, commands, metrics, error codes, topics, records, tables.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { frictionWeights } from "#core/friction.ts";
import { signalValues } from "#core/signal-values.ts";
import { signalKinds } from "#core/signals.ts";
import type { Command } from "#runtime/command.ts";
import type { Setting, SettingsDefinition } from "#runtime/config.ts";
import { errorCodes } from "#runtime/errors.ts";
import type { Service } from "#runtime/service.ts";
import { httpSettings, logSettings } from "#runtime/shared-settings.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import { type AvroObject, spell } from "#schemas/schema-json.ts";
import { topicSpecs, topicsFor } from "#schemas/topics.ts";
import { sourceFiles, variablesIn } from "./source-files.ts";

const services = new URL("../../services/", import.meta.url);
const migrations = new URL("../../schemas/clickhouse/", import.meta.url);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const code = (text: string): string => (text === "" ? "" : `\`${text}\``);
const escape = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "\\<");

/** What a module exports that has the shape of a described service or command. */
const described = async <T>(file: URL, shape: readonly string[]): Promise<readonly T[]> => {
  const module = (await import(file.href)) as Readonly<Record<string, unknown>>;
  return Object.values(module).filter(
    (value): value is T => typeof value === "object" && value !== null && shape.every((key) => key in value),
  );
};

const findServices = async (): Promise<readonly Service[]> => {
  const files = readdirSync(services)
    .toSorted()
    .map((name) => new URL(`${name}/service.ts`, services))
    .filter((file) => existsSync(file));
  return (await Promise.all(files.map((file) => described<Service>(file, ["name", "settings", "body"])))).flat();
};

const findCommands = async (): Promise<readonly Command[]> => {
  const files = readdirSync(new URL("cli/", services))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .toSorted()
    .map((name) => new URL(`cli/${name}`, services));
  return (
    await Promise.all(files.map((file) => described<Command>(file, ["name", "settings", "options", "run"])))
  ).flat();
};

interface Reader {
  readonly name: string;
  readonly settings: SettingsDefinition;
}

/** Every variable once, with who reads it. */
const settingsTable = (readers: readonly Reader[]): string => {
  const byVariable = new Map<string, { readonly setting: Setting<unknown>; readonly readers: ReadonlySet<string> }>();
  for (const { name, settings } of readers)
    for (const setting of Object.values(settings)) {
      const before = byVariable.get(setting.variable);
      // Some commands can do without what services require: the strictest reader counts.
      const strictest = before?.setting.required === true ? before.setting : setting;
      byVariable.set(setting.variable, { setting: strictest, readers: new Set(before?.readers).add(name) });
    }
  const rows = [...byVariable.values()]
    .toSorted((a, b) => (a.setting.variable < b.setting.variable ? -1 : 1))
    .map(({ setting, readers: names }) => [
      code(setting.variable),
      setting.kind,
      setting.default === undefined ? (setting.required ? "**required**" : "") : code(setting.default),
      escape(`${setting.help}${setting.kind === "secret" ? `; also as \`${setting.variable}_FILE\`` : ""}`),
      [...names].join(", "),
    ]);
  return table(["variable", "kind", "default", "what it is", "read by"], rows);
};

const metricCall = /\.(counter|gauge|histogram)\(\s*"(earshot_\w+)",\s*"((?:[^"\\]|\\.)*)"\s*(?:,\s*\[([^\]]*)\])?/g;

/** Declarations in the source; they are literal by house rule, so that they can be found here. */
const metricsTable = (): string => {
  const found = new Map<string, readonly string[]>();
  for (const { text } of sourceFiles("services"))
    for (const [, type, name = "", help = "", labels = ""] of text.matchAll(metricCall))
      found.set(name, [code(name), type ?? "", (labels.match(/\w+/g) ?? []).join(", "), escape(help)]);
  const rows = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return table(["metric", "type", "labels", "what it counts"], rows);
};

const harmOf = { fired: "a fired trial", unfired: "an unfired trial" } as const;

/** Rates and their trials, what the signals say in `event_value`, and the weights behind a friction score. */
const signalSections = (): readonly string[] => [
  table(
    ["rate", "one trial is", "harmful is", "watched by default"],
    signalKinds.map(({ type, trial, harm, watched }) => [
      code(type),
      trial.replace("-", " "),
      harm === null ? "neither" : harmOf[harm],
      watched ? "yes" : "",
    ]),
  ),
  "### event_value\n\nWhat the JSON in `event_value` holds, so that a decision can be repeated in SQL.",
  table(
    ["signal", "key", "what it is"],
    Object.entries(signalValues).flatMap(([type, values]) =>
      Object.entries(values).map(([key, what]) => [code(type), code(key), escape(what)]),
    ),
  ),
  "### Friction\n\n`friction_score` = 1 − ∏(1 − weight) over the friction of the last two exchanges. The weights are our choice and fixed, so that scores compare across deployments.",
  table(
    ["friction", "weight"],
    Object.entries(frictionWeights).map(([name, weight]) => [code(name), String(weight)]),
  ),
];

const days = (ms: string | undefined): string => (ms === undefined ? "" : `${Number(ms) / 86_400_000} d`);

const topicsTable = (): string => {
  const topics = topicsFor("earshot.", 8);
  return table(
    ["topic", "key", "partition by", "partitions", "schema", "cleanup", "retention"],
    topicSpecs.map(({ kind, partitions }) => {
      const { topic, key, partitionBy, schema, config } = topics[kind];
      return [
        code(topic),
        key,
        partitionBy,
        partitions === "input" ? "`EARSHOT_PARTITIONS`" : String(partitions),
        schema,
        config["cleanup.policy"] ?? "",
        days(config["retention.ms"]),
      ];
    }),
  );
};

const recordSection = (name: (typeof topicSpecs)[number]["schema"]): string => {
  const schema = JSON.parse(bundledSchema(name)) as AvroObject;
  const rows = (schema.fields ?? []).map((field) => [
    code(field.name),
    code(spell(field.type)),
    escape(field.doc ?? ""),
  ]);
  return `### ${name}\n\n${schema.doc ?? ""}\n\n${table(["field", "type", "what it is"], rows)}`;
};

const created = /^CREATE (?:OR REPLACE )?(TABLE|VIEW|MATERIALIZED VIEW|FUNCTION)(?: IF NOT EXISTS)? (\w+)/gm;

/** The first sentence of the comment right above a statement. */
const commentAbove = (text: string): string => {
  const lines = text.trimEnd().split("\n");
  const from = lines.findLastIndex((line) => !line.startsWith("--")) + 1;
  const comment = lines.slice(from).map((line) => line.replace(/^--\s*/, ""));
  return comment.join(" ").split(/(?<=\.) /)[0] ?? "";
};

/** Tables, views and functions of the migrations. */
const tablesTable = (): string => {
  const found = new Map<string, readonly string[]>();
  const files = readdirSync(migrations).filter((name) => /^\d+_.*\.sql$/.test(name));
  for (const file of files.toSorted()) {
    const text = readFileSync(new URL(file, migrations), "utf8");
    for (const match of text.matchAll(created)) {
      const [, kind = "", name = ""] = match;
      found.set(name, [code(name), kind.toLowerCase(), file, escape(commentAbove(text.slice(0, match.index)))]);
    }
  }
  return table(["name", "kind", "made by", "what it holds"], [...found.values()]);
};

/** Variables of scripts and tests, which read them where they need them. */
const otherVariables = (readers: readonly Reader[]): string => {
  const listed = new Set(readers.flatMap(({ settings }) => Object.values(settings).map((setting) => setting.variable)));
  const found = new Map<string, Set<string>>();
  for (const { path, text } of ["infra", "test"].flatMap(sourceFiles))
    for (const name of variablesIn(text))
      if (!listed.has(name)) found.set(name, (found.get(name) ?? new Set()).add(path));
  const rows = [...found].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return table(
    ["variable", "read in"],
    rows.map(([name, paths]) => [code(name), [...paths].map(code).join(", ")]),
  );
};

export const renderReference = async (): Promise<string> => {
  const [found, commands] = [await findServices(), await findCommands()];
  const everyProcess = { ...httpSettings, ...logSettings };
  const readers: readonly Reader[] = [
    ...found.map(({ name, settings }) => ({ name, settings: { ...settings, ...everyProcess } })),
    ...commands,
  ];
  const codes = Object.entries(errorCodes).map(([name, { meaning, exit, retryable }]) => [
    code(name),
    escape(meaning),
    String(exit),
    retryable ? "yes" : "",
  ]);
  return [
    "<!-- Generated by `npm run generate`; do not edit. -->",
    "# Reference",
    "## Settings\n\nEnvironment variables; an empty one counts as unset. Durations are written `500ms`, `30s`, `10m`, `4h`, `7d`, sizes `64KiB`, `16MiB`. " +
      "All mistakes are reported together, with exit code 2. An `EARSHOT_*` variable that nothing reads is warned about.",
    settingsTable(readers),
    "Scripts and tests also read:",
    otherVariables(readers),
    "## Commands\n\n`npm run <command> -- --help` lists options and the variables it reads. Data goes to stdout, messages to stderr; exit 0 done, 1 failed, 2 bad configuration or usage.",
    table(
      ["command", "what it does"],
      commands.map(({ name, summary }) => [code(name), escape(summary)]),
    ),
    "## Signals",
    ...signalSections(),
    "## Metrics\n\nAt `/metrics` of each service, beside Node's own (`nodejs_*`, `process_*`).",
    metricsTable(),
    "## Error codes\n\nIn the field `error.code` of log lines.",
    table(["code", "what happened", "exit", "waits and tries again"], codes),
    "## Topics",
    topicsTable(),
    "## Records",
    ...topicSpecs.map(({ schema }) => recordSection(schema)),
    "## Tables, views and functions",
    tablesTable(),
    "",
  ].join("\n\n");
};
