// Our schemas keep the house rules, and each rule is enforced.
import { expect, test } from "vitest";
import { bundledSchema, schemaNames } from "./bundled.ts";
import { lintSchema } from "./lint.ts";
import type { AvroField, AvroObject } from "./schema-json.ts";

const withField = (field: AvroField): AvroObject => ({
  type: "record",
  name: "X",
  namespace: "earshot",
  doc: "x",
  fields: [field],
});

test.each(schemaNames)("%s.avsc keeps the rules", (name) => {
  expect(lintSchema(JSON.parse(bundledSchema(name)) as AvroObject)).toEqual([]);
});

test.each<readonly [string, Omit<AvroField, "name" | "doc">]>([
  ["arrays are refused", { type: { type: "array", items: "string" } }],
  ["maps are refused", { type: ["null", { type: "map", values: "string" }], default: null }],
  ["nested records are refused", { type: { type: "record", name: "Y", fields: [] } }],
  ['only ["null", X] unions', { type: ["string", "null"], default: "" }],
  ['only ["null", X] unions', { type: ["null", "string", "long"], default: null }],
  ["a nullable field needs the default null", { type: ["null", "string"] }],
  ["an enum needs a default symbol", { type: { type: "enum", name: "E", symbols: ["A"] } }],
  ["logical type decimal", { type: { type: "bytes", logicalType: "decimal" } }],
  ["Other is no scalar", { type: "Other" }],
  ["aliases hide renames", { type: "string", aliases: ["old"] }],
])("%s", (why, field) => {
  expect(lintSchema(withField({ name: "a_field", doc: "x", ...field }))).toEqual([
    { field: "a_field", why: expect.stringContaining(why) as unknown },
  ]);
});

test("names are snake_case, documented and unique; the record too", () => {
  expect(lintSchema(withField({ name: "aField", type: "string", doc: "x" }))).toHaveLength(1);
  expect(lintSchema(withField({ name: "a_field", type: "string" }))).toEqual([{ field: "a_field", why: "has no doc" }]);
  const field = { name: "a", type: "string", doc: "x" };
  expect(lintSchema({ type: "record", name: "X", fields: [field, field] })).toEqual([
    { field: "", why: "namespace must be earshot" },
    { field: "", why: "has no doc" },
    { field: "a", why: "is there twice" },
  ]);
  expect(lintSchema({ type: "enum", symbols: [] })).toEqual([{ field: "", why: "must be a record" }]);
});
