// Whether a new version of a schema still reads every record ever written (BACKWARD_TRANSITIVE), and if not, which field and why.
import {
  type AvroField,
  type AvroObject,
  type AvroType,
  isObject,
  isUnion,
  kindOf,
  type SchemaMistake,
  spell,
} from "./schema-json.ts";

/** Avro's promotions: what a reader's scalar takes besides itself. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ["int"],
  float: ["int", "long"],
  double: ["int", "long", "float"],
  string: ["bytes"],
  bytes: ["string"],
};

const canRead = (reader: AvroType, writer: AvroType): boolean => {
  if (isUnion(writer)) return writer.every((branch) => canRead(reader, branch));
  if (isUnion(reader)) return reader.some((branch) => canRead(branch, writer));
  const [into, from] = [kindOf(reader), kindOf(writer)];
  if (into !== from) return promotions[into]?.includes(from) === true;
  if (!isObject(reader) || !isObject(writer)) return true;
  const known = reader.symbols ?? [];
  if (into === "enum")
    return reader.default !== undefined || (writer.symbols ?? []).every((one) => known.includes(one));
  if (into === "fixed") return reader.size === writer.size;
  if (into === "array") return canRead(reader.items ?? "null", writer.items ?? "null");
  if (into === "map") return canRead(reader.values ?? "null", writer.values ?? "null");
  return into !== "record" || unreadable(reader, writer).length === 0;
};

const fieldTrouble = (field: AvroField, old: AvroField | undefined): string | undefined => {
  if (old === undefined)
    return field.default === undefined ? "is new and has no default, so old records lack it" : undefined;
  if (canRead(field.type, old.type)) return undefined;
  return `was ${spell(old.type)} and is ${spell(field.type)}, which cannot hold every old value`;
};

/** Why records of the old schema cannot be read with the new one, by Avro's rules; empty: they can. */
export const unreadable = (next: AvroObject, old: AvroObject): readonly SchemaMistake[] => {
  if (next.name !== old.name) return [{ field: "", why: `was named ${old.name} and is named ${next.name}` }];
  const before = new Map((old.fields ?? []).map((field) => [field.name, field]));
  return (next.fields ?? []).flatMap((field) => {
    const why = fieldTrouble(field, before.get(field.name));
    return why === undefined ? [] : [{ field: field.name, why }];
  });
};

/**
 * Avro's rules and the house's: fields are only ever appended. Avro would let one be dropped or renamed, and its values in old
 * records would go missing in silence.
 */
export const brokenEvolution = (next: AvroObject, old: AvroObject): readonly SchemaMistake[] => {
  const names = (next.fields ?? []).map((field) => field.name);
  const moved = (old.fields ?? []).flatMap(({ name }, index) => {
    if (!names.includes(name)) return [{ field: name, why: "was removed or renamed: fields are only ever appended" }];
    const trouble = names.indexOf(name) === index ? [] : [{ field: name, why: "has moved: new fields go to the end" }];
    return trouble;
  });
  // After one insertion everything behind it has moved: the first says enough.
  const firstMoved = moved.findIndex(({ why }) => why.startsWith("has moved"));
  const told = moved.filter(({ why }, index) => !why.startsWith("has moved") || index === firstMoved);
  return [...unreadable(next, old), ...told];
};
