// Makes the TypeScript types of the Avro records: one interface a schema, fields in schema order.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly doc: string;
}

const folder = new URL("./avro/", import.meta.url);
const target = new URL("./generated/records.ts", import.meta.url);
const primitives: Readonly<Record<string, string>> = {
  string: "string",
  int: "number",
  long: "number",
  double: "number",
  boolean: "boolean",
  bytes: "Uint8Array",
};

const typeOf = (type: unknown): string => {
  if (Array.isArray(type)) return type.map(typeOf).join(" | ");
  if (type === "null") return "null";
  if (typeof type === "object" && type !== null && "type" in type) return typeOf(type.type);
  const found = typeof type === "string" ? primitives[type] : undefined;
  if (found === undefined) throw new Error(`not a scalar: ${JSON.stringify(type)}`);
  return found;
};

/** The text of `generated/records.ts`: an interface and a field list for each `.avsc`, by file name. */
export const renderRecords = (): string => {
  const parts = readdirSync(folder)
    .filter((file) => file.endsWith(".avsc"))
    .toSorted()
    .map((file) => {
      const schema = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
        name: string;
        doc: string;
        fields: Field[];
      };
      const lines = schema.fields.map(
        (field) => `  /** ${field.doc} */\n  readonly ${field.name}: ${typeOf(field.type)};`,
      );
      const names = schema.fields.map((field) => `  "${field.name}",`);
      return (
        `/** ${schema.doc} */\nexport interface ${schema.name}Record {\n${lines.join("\n")}\n}\n\n` +
        `export const ${schema.name.toLowerCase()}Fields = [\n${names.join("\n")}\n] as const satisfies readonly (keyof ${schema.name}Record)[];\n`
      );
    });
  return `// Generated from schemas/avro by \`npm run generate\`; do not edit.\n\n${parts.join("\n")}`;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(target, renderRecords());
