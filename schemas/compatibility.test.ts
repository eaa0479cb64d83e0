// What breaks readers of old records, told by field; and never in disagreement with the decoder itself.
import avro from "avsc";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bundledSchema, schemaNames } from "./bundled.ts";
import { brokenEvolution, unreadable } from "./compatibility.ts";
import { readHistory, unfrozen } from "./history.ts";
import type { AvroObject, AvroType } from "./schema-json.ts";

const record = (...fields: readonly (readonly [string, AvroType, unknown?])[]): AvroObject => ({
  type: "record",
  name: "R",
  fields: fields.map(([name, type, preset]) =>
    preset === undefined ? { name, type } : { name, type, default: preset },
  ),
});

const parse = (json: AvroObject) => avro.Type.forSchema(json as avro.Schema, { registry: {} });

const a = ["a", "string"] as const;

test("a nullable field with a default may be appended", () => {
  expect(brokenEvolution(record(a, ["b", ["null", "string"], null]), record(a))).toEqual([]);
});

test.each<readonly [string, AvroObject, AvroObject, string, string]>([
  ["an appended field without default", record(a, ["b", "string"]), record(a), "b", "is new and has no default"],
  ["a removed field", record(a), record(a, ["b", "string"]), "b", "was removed or renamed"],
  ["another type", record(["a", "long"]), record(a), "a", "was string and is long"],
  ["a narrowed union", record(a), record(["a", ["null", "string"]]), "a", 'was ["null", "string"] and is string'],
  ["a narrowed number", record(["a", "int"]), record(["a", "long"]), "a", "was long and is int"],
  [
    "a field in the middle",
    record(["b", ["null", "string"], null], a, ["c", "long"]),
    record(a, ["c", "long"]),
    "a",
    "has moved: new fields go to the end",
  ],
  [
    "a lost symbol",
    record(["a", { type: "enum", name: "E", symbols: ["X"] }]),
    record(["a", { type: "enum", name: "E", symbols: ["X", "Y"] }]),
    "a",
    "was enum and is enum",
  ],
])("%s is told with its name", (_, next, old, field, why) => {
  const [mistake, ...others] = brokenEvolution(next, old);
  expect(mistake).toEqual({ field, why: expect.stringContaining(why) as unknown });
  expect(others).toEqual([]);
});

test("a renamed record is told", () => {
  expect(unreadable({ ...record(a), name: "S" }, record(a))).toEqual([
    { field: "", why: "was named R and is named S" },
  ]);
});

test("widening is fine: nullable, larger numbers, an enum with a default", () => {
  const old = record(a, ["b", "int"], ["c", { type: "enum", name: "E", symbols: ["X", "Y"] }]);
  const next = record(
    ["a", ["null", "string"], null],
    ["b", "double"],
    ["c", { type: "enum", name: "E", symbols: ["X"], default: "X" }],
  );
  expect(brokenEvolution(next, old)).toEqual([]);
});

test("whatever is called readable, the decoder can resolve, and the other way round", () => {
  const scalar = fc.constantFrom<AvroType>("string", "bytes", "int", "long", "float", "double", "boolean");
  const type = fc.oneof(
    scalar,
    scalar.map((inner): AvroType => ["null", inner]),
    scalar.map((inner): AvroType => ({ type: "array", items: inner })),
    scalar.map((inner): AvroType => ({ type: "map", values: inner })),
  );
  const schema = fc
    .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), type), { selector: ([name]) => name, maxLength: 3 })
    .map((fields) => record(...fields));
  fc.assert(
    fc.property(schema, schema, (next, old) => {
      let resolvable = true;
      try {
        parse(next).createResolver(parse(old));
      } catch {
        resolvable = false;
      }
      expect(unreadable(next, old).length === 0).toBe(resolvable);
    }),
    { numRuns: 1000 },
  );
});

test("today's schemas are frozen in the history (else: npm run schemas -- --freeze)", () => {
  expect(unfrozen(readHistory())).toEqual([]);
});

test.each(schemaNames)("%s reads every version of its history", (name) => {
  const next = JSON.parse(bundledSchema(name)) as AvroObject;
  const versions = readHistory().filter((entry) => entry.name === name);
  expect(versions.length).toBeGreaterThan(0);
  for (const { text } of versions) expect(brokenEvolution(next, JSON.parse(text) as AvroObject)).toEqual([]);
});
