// The Avro schemas that this code was written against, in the one form in which they are registered.
import { readFileSync } from "node:fs";

export const schemaNames = [
  "interaction",
  "signal",
  "tally",
  "late",
  "reject",
  "change",
  "incident",
  "delivery",
  "alerter-state",
] as const;
export type SchemaName = (typeof schemaNames)[number];

/** Where the text of a schema lies. */
export const schemaFile = (name: SchemaName): URL => new URL(`./avro/${name}.avsc`, import.meta.url);

/** Without white space: registries such as Apicurio give the same schema in another layout a new id and version. */
export const compact = (text: string): string => JSON.stringify(JSON.parse(text));

/** The compact text of a schema. */
export const bundledSchema = (name: SchemaName): string => compact(readFileSync(schemaFile(name), "utf8"));
