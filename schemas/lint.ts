// What our own schemas must look like: flat, because a malformed Avro array can exhaust the process, and easy to evolve.
import {
  type AvroField,
  type AvroObject,
  type AvroType,
  isObject,
  isUnion,
  kindOf,
  type SchemaMistake,
} from "./schema-json.ts";

const scalars = new Set(["string", "bytes", "int", "long", "float", "double", "boolean"]);

const scalarTrouble = (type: AvroType): string | undefined => {
  const kind = kindOf(type);
  if (kind === "array" || kind === "map") return `${kind}s are refused: their counts are trusted by decoders`;
  if (kind === "record") return "nested records are refused: one table row must hold it";
  if (kind === "enum")
    return isObject(type) && type.default === undefined
      ? "an enum needs a default symbol for readers of old code"
      : undefined;
  if (!scalars.has(kind)) return `${kind} is no scalar`;
  const logical = isObject(type) ? type.logicalType : undefined;
  if (logical === undefined) return undefined;
  return logical === "timestamp-millis" && kind === "long" ? undefined : `logical type ${logical} is not used here`;
};

const unionTrouble = (branches: readonly AvroType[], field: AvroField): string | undefined => {
  const [first, second] = branches;
  if (branches.length !== 2 || first !== "null" || second === undefined) return 'only ["null", X] unions';
  if (field.default !== null) return "a nullable field needs the default null";
  return scalarTrouble(second);
};

const fieldTrouble = (field: AvroField): string | undefined => {
  if (!/^[a-z][a-z0-9_]*$/.test(field.name)) return "names are snake_case";
  if (field.doc === undefined || field.doc === "") return "has no doc";
  if (field.aliases !== undefined) return "aliases hide renames, and nothing is renamed";
  return isUnion(field.type) ? unionTrouble(field.type, field) : scalarTrouble(field.type);
};

/** Everything wrong with a schema of ours, in field order. */
export const lintSchema = (schema: AvroObject): readonly SchemaMistake[] => {
  if (schema.type !== "record" || schema.fields === undefined) return [{ field: "", why: "must be a record" }];
  const mistakes: SchemaMistake[] = [];
  if (schema.namespace !== "earshot") mistakes.push({ field: "", why: "namespace must be earshot" });
  if (schema.doc === undefined) mistakes.push({ field: "", why: "has no doc" });
  const seen = new Set<string>();
  for (const field of schema.fields) {
    const why = seen.has(field.name) ? "is there twice" : fieldTrouble(field);
    seen.add(field.name);
    if (why !== undefined) mistakes.push({ field: field.name, why });
  }
  return mistakes;
};
