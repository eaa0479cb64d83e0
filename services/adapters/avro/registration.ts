// Puts our schemas into a registry: every version of the history in its one order, under `<topic>-value`, BACKWARD_TRANSITIVE.
import { COMPATIBILITY, SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { AppError, toError } from "#runtime/errors.ts";
import { bundledSchema, type SchemaName, schemaNames } from "#schemas/bundled.ts";
import { unreadable } from "#schemas/compatibility.ts";
import { type HistoryEntry, unfrozen } from "#schemas/history.ts";
import type { AvroObject, SchemaMistake } from "#schemas/schema-json.ts";
import { topicSpecs } from "#schemas/topics.ts";
import { type Answer, createRegistryClient, type RegistryAccess, type RegistryClient } from "./registry-client.ts";

const level = COMPATIBILITY.BACKWARD_TRANSITIVE;

/** TopicNameStrategy: the subjects that hold a schema's versions. */
const subjectsOf = (name: SchemaName, prefix: string): readonly string[] =>
  topicSpecs.filter((spec) => spec.schema === name).map((spec) => `${prefix}${spec.name}-value`);

/** A found value; undefined for a definite no; an outage throws. */
const expectAnswer = <T>(answer: Answer<T>): T | undefined => {
  if (answer.kind === "unavailable")
    throw new AppError("registry_unavailable", "The schema registry does not answer", {
      cause: answer.cause,
      cure: "Check SCHEMA_REGISTRY_URL; Apicurio's Confluent API lies under /apis/ccompat/v7.",
    });
  return answer.kind === "found" ? answer.value : undefined;
};

export interface Incompatibility extends SchemaMistake {
  readonly subject: string;
  /** Which of the subject's versions cannot be read any more, counted from 1. */
  readonly version: number;
}

/** Which versions in the registry today's schemas could not read. */
export const checkRegistry = async (access: RegistryAccess, prefix: string): Promise<readonly Incompatibility[]> => {
  const client = createRegistryClient(access);
  const found: Incompatibility[] = [];
  for (const name of schemaNames)
    for (const subject of subjectsOf(name, prefix)) {
      const versions = expectAnswer(await client.versions(subject)) ?? [];
      const next = JSON.parse(bundledSchema(name)) as AvroObject;
      for (const [index, { schema }] of versions.entries())
        for (const mistake of unreadable(next, JSON.parse(schema) as AvroObject))
          found.push({ subject, version: index + 1, ...mistake });
    }
  return found;
};

export interface Registered {
  readonly subject: string;
  readonly id: number | null;
  readonly state: "registered" | "unchanged" | "missing";
}

interface RegistrationOptions {
  readonly access: RegistryAccess;
  readonly prefix: string;
  readonly history: readonly HistoryEntry[];
  /** Only say what is missing. */
  readonly dryRun?: boolean;
}

/** The client library has no time-out. */
const within = async <T>(work: Promise<T>, ms: number): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
};

const register = async (library: SchemaRegistry, subject: string, schema: string): Promise<number> => {
  try {
    const options = { subject, compatibility: level };
    return (await within(library.register({ type: SchemaType.AVRO, schema }, options), 15_000)).id;
  } catch (cause) {
    const refused = (cause as { readonly status?: number }).status === 409;
    throw new AppError(
      refused ? "schema_incompatible" : "registry_unavailable",
      `${subject}: ${refused ? "the registry refuses the schema as incompatible" : "registration failed"}`,
      { cause: toError(cause), cure: "npm run schemas -- --check says which field and why." },
    );
  }
};

/** The library registers only where the subject's level is the one it names; registries begin with another, or with none. */
const ensureLevel = async (client: RegistryClient, subject: string): Promise<void> => {
  if (expectAnswer(await client.level(subject)) !== level) expectAnswer(await client.setLevel(subject, level));
};

/** Registers what is missing; repeating it changes nothing. */
export const registerSchemas = async (options: RegistrationOptions): Promise<readonly Registered[]> => {
  const { access, prefix, history, dryRun = false } = options;
  const client = createRegistryClient(access);
  const { username, password = "" } = access;
  const library = new SchemaRegistry({
    host: access.url,
    retry: { retries: 2 },
    ...(username === undefined ? {} : { auth: { username, password } }),
  });

  const today = unfrozen(history).map((name) => ({ name, text: bundledSchema(name) }));
  const outcome = new Map<string, Registered>();
  for (const { name, text } of [...history, ...today])
    for (const subject of subjectsOf(name, prefix)) {
      const id = expectAnswer(await client.lookUp(subject, text));
      const before = outcome.get(subject)?.state ?? "unchanged";
      if (id !== undefined) {
        outcome.set(subject, { subject, id, state: before });
        continue;
      }
      if (dryRun) {
        outcome.set(subject, { subject, id: null, state: "missing" });
        continue;
      }
      if (expectAnswer(await client.versions(subject)) !== undefined) await ensureLevel(client, subject);
      outcome.set(subject, { subject, id: await register(library, subject, text), state: "registered" });
    }
  if (!dryRun) for (const subject of outcome.keys()) await ensureLevel(client, subject);
  return [...outcome.values()];
};
