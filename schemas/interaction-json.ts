// An interaction as people write it in JSON Lines, made into the record that Avro takes.
import { bundledSchema } from "./bundled.ts";
import { type Mistake, objectFrom, placeFields } from "./field-json.ts";
import { type InteractionRecord, interactionFields } from "./generated/records.ts";
import { type AvroObject, isUnion, kindOf } from "./schema-json.ts";

/** What `dump` adds to say where a record lay; read by replay, and by publish for the partition of a tick. */
export interface LogPlace {
  readonly partition?: number;
  readonly offset?: number;
  readonly appended_at?: number;
  readonly key?: string;
  readonly schema_id?: number;
}

export type FromJson = { readonly record: InteractionRecord; readonly place: LogPlace } | Mistake;

interface FieldKind {
  readonly name: string;
  readonly kind: string;
  readonly nullable: boolean;
}

const readKinds = (): readonly FieldKind[] =>
  ((JSON.parse(bundledSchema("interaction")) as AvroObject).fields ?? []).map(({ name, type }) => {
    const inner = isUnion(type) ? (type[1] ?? "null") : type;
    return { name, kind: kindOf(inner), nullable: isUnion(type) };
  });

/** Undefined where the value is none of that kind. */
const convert = (kind: string, value: unknown): unknown => {
  if (kind === "string") return typeof value === "string" ? value : undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  if (kind === "int") return (value | 0) === value ? value : undefined;
  return kind === "double" || Number.isSafeInteger(value) ? value : undefined;
};

const article: Readonly<Record<string, string>> = {
  string: "a string",
  long: "a whole number",
  int: "a whole number of 32 bits",
  double: "a number",
};

/** Reads one parsed line. An absent required text becomes empty, which the validator then names. */
export const createInteractionParser = (): ((line: unknown) => FromJson) => {
  const kinds = readKinds();
  const known: ReadonlySet<string> = new Set([...interactionFields, ...placeFields]);
  return (line) => {
    const given = objectFrom(line);
    if (given === undefined) return { field: "", why: "not a JSON object" };
    for (const name in given) if (!known.has(name)) return { field: name, why: "no such field" };
    const record: Record<string, unknown> = {};
    for (const { name, kind, nullable } of kinds) {
      const value = given[name];
      if (value === undefined || value === null) {
        // A tick carries no time of its own.
        if (name === "ts" && given["type"] !== "tick") return { field: name, why: "missing" };
        record[name] = nullable ? null : kind === "string" ? "" : 0;
        continue;
      }
      const open = name === "extra" && typeof value === "object" ? JSON.stringify(value) : value;
      const converted = convert(kind, open);
      if (converted === undefined) return { field: name, why: `expected ${article[kind] ?? kind}` };
      record[name] = converted;
    }
    return { record: record as unknown as InteractionRecord, place: given };
  };
};
