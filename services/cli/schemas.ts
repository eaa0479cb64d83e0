// npm run schemas: registers our Avro schemas, or checks that a change of them breaks no reader.
import { checkRegistry, type Registered, registerSchemas } from "#adapters/avro/registration.ts";
import { command, execute } from "#runtime/command.ts";
import { needed, optional } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { registrySettings, topicSettings } from "#runtime/shared-settings.ts";
import { bundledSchema, type SchemaName, schemaNames } from "#schemas/bundled.ts";
import { brokenEvolution } from "#schemas/compatibility.ts";
import { freeze, type HistoryEntry, readHistory } from "#schemas/history.ts";
import { lintSchema } from "#schemas/lint.ts";
import type { AvroObject } from "#schemas/schema-json.ts";

const mistakesIn = (name: SchemaName, history: readonly HistoryEntry[]): readonly string[] => {
  const next = JSON.parse(bundledSchema(name)) as AvroObject;
  const versions = history.filter((entry) => entry.name === name);
  const found = [
    ...lintSchema(next).map(({ field, why }) => ({ field, why, where: "" })),
    ...versions.flatMap(({ file, text }) =>
      brokenEvolution(next, JSON.parse(text) as AvroObject).map(({ field, why }) => ({
        field,
        why,
        where: ` (${file})`,
      })),
    ),
  ];
  return found.map(({ field, why, where }) => `${name}.avsc${field && `, field ${field}`}: ${why}${where}`);
};

/** Mistakes that need no registry to be seen: house rules, and each version of the history that could not be read any more. */
const checkOffline = (): readonly string[] => {
  const history = readHistory();
  return schemaNames.flatMap((name) => mistakesIn(name, history));
};

const told = (rows: readonly Registered[]) => rows.map(({ subject, id, state }) => ({ subject, id: id ?? "-", state }));

export const schemas = command({
  name: "schemas",
  summary:
    "Registers every version of our Avro schemas under <topic>-value with BACKWARD_TRANSITIVE compatibility. Repeating it changes nothing.",
  settings: {
    username: registrySettings.registryUsername,
    password: registrySettings.registryPassword,
    topicPrefix: topicSettings.topicPrefix,
    registry: optional(registrySettings.registry),
  },
  options: {
    check: {
      flags: "--check",
      help: "only check against schemas/history and, where SCHEMA_REGISTRY_URL is set, the registry's versions; exit 1 on an incompatible change",
    },
    freeze: {
      flags: "--freeze",
      help: "append today's version of each changed schema to schemas/history, to be committed",
    },
    dryRun: { flags: "--dry-run", help: "say what would be registered" },
  },
  tabular: true,
  run: async ({ settings, options, out, say }) => {
    const mistakes = [...checkOffline()];
    const { registry: address, username, password, topicPrefix: prefix } = settings;
    const accessTo = (at: string) => ({ url: at, username, password });
    if (address !== undefined)
      for (const { subject, version, field, why } of await checkRegistry(accessTo(address), prefix))
        mistakes.push(`${subject}, version ${version}${field && `, field ${field}`}: ${why}`);
    if (mistakes.length > 0)
      throw new AppError("schema_incompatible", `Incompatible schemas:\n  ${mistakes.join("\n  ")}`, {
        cure: "Append new fields at the end, nullable with default null; change and drop nothing (schemas/README.md).",
      });
    if (options.freeze) {
      const written = freeze(readHistory());
      say(written.length === 0 ? "Nothing has changed." : `Appended to schemas/history: ${written.join(", ")}`);
      return 0;
    }
    if (options.check) {
      say(`Compatible with schemas/history${address === undefined ? "" : ` and with every version at ${address}`}.`);
      return 0;
    }
    const access = accessTo(needed(registrySettings.registry, address));
    await out.table(told(await registerSchemas({ access, prefix, history: readHistory(), dryRun: options.dryRun })));
    return 0;
  },
});

if (import.meta.main) await execute(schemas);
