// Makes the TypeScript types of the Avro records: one interface a schema, fields in schema order.
import { readdirSync, readFileSync } from "node:fs";
import { type AvroObject, type AvroType, isUnion, kindOf } from "./schema-json.ts";

const folder = new URL("./avro/", import.meta.url);
const typescript: Readonly<Record<string, string>> = {
  null: "null",
  string: "string",
  int: "number",
  long: "number",
  double: "number",
  boolean: "boolean",
  bytes: "Uint8Array",
};

const typeOf = (type: AvroType): string => {
  if (isUnion(type)) return type.map(typeOf).join(" | ");
  const found = typescript[kindOf(type)];
  if (found === undefined) throw new Error(`not a scalar: ${JSON.stringify(type)}`);
  return found;
};

const renderRecord = ({ name = "", doc = "", fields = [] }: AvroObject): string => {
  const members = fields.map(
    (field) => `  /** ${field.doc ?? ""} */\n  readonly ${field.name}: ${typeOf(field.type)};`,
  );
  const names = fields.map((field) => `  "${field.name}",`);
  return (
    `/** ${doc} */\nexport interface ${name}Record {\n${members.join("\n")}\n}\n\n` +
    `/** Its fields in schema order. @public */\nexport const ${name.toLowerCase()}Fields = [\n${names.join("\n")}\n] as const satisfies readonly (keyof ${name}Record)[];\n`
  );
};

/** The text of `generated/records.ts`: an interface and a field list for each `.avsc`, by file name. */
export const renderRecords = (): string => {
  const parts = readdirSync(folder)
    .filter((file) => file.endsWith(".avsc"))
    .toSorted()
    .map((file) => renderRecord(JSON.parse(readFileSync(new URL(file, folder), "utf8")) as AvroObject));
  return `// Generated from schemas/avro by \`npm run generate\`; do not edit.\n\n${parts.join("\n")}`;
};
