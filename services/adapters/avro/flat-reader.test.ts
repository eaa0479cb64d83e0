// The fast decoder against avsc: same records from the same bytes, the same bytes refused.
import avro from "avsc";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bundledSchema, schemaNames } from "#schemas/bundled.ts";
import { createFlatReader } from "./flat-reader.ts";
import { headerBytes } from "./framing.ts";
import { parseSchema } from "./reader.ts";

const framed = (body: Buffer | Uint8Array): Buffer => Buffer.concat([Buffer.alloc(headerBytes), body]);

const attempt = (read: () => unknown): unknown => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 30 }),
    fc.constantFrom("prompt", "prompts", "pröbe", "copy"),
  ),
  int: fc.integer(),
  long: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
  double: fc.double({ noNaN: true }),
  boolean: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
};

/** Any record of one of our schemas. */
const anyRecord = (type: avro.Type): fc.Arbitrary<object> => {
  const fields = (type as avro.types.RecordType).fields.map(({ name, type: field }) => {
    if (!(field instanceof avro.types.UnwrappedUnionType)) return [name, scalars[field.typeName]];
    return [name, fc.option(scalars[field.types[1]?.typeName ?? ""] ?? fc.constant(null), { nil: null })];
  });
  return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>);
};

const ours = schemaNames.map((name) => [name, parseSchema(bundledSchema(name))] as const);

test.each(ours)("a %s comes back as avsc reads it", (_, type) => {
  const read = createFlatReader(type);
  fc.assert(
    fc.property(anyRecord(type), (record) => {
      const body = type.toBuffer(record);
      expect(read?.(framed(body))).toEqual(type.fromBuffer(body));
    }),
  );
});

const hasHugeNumber = (record: unknown): boolean =>
  Object.values(Object(record)).some((value) => typeof value === "number" && Math.abs(value) > 2 ** 52);

test.each(ours)("bytes that avsc takes for no %s are none here either", (_, type) => {
  const read = createFlatReader(type);
  const damaged = fc
    .tuple(
      anyRecord(type),
      fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
      fc.nat(500),
    )
    .map(([record, edits, length]) => {
      const body = type.toBuffer(record).subarray(0, length % 7 === 0 ? length : undefined);
      for (const [at, byte] of edits) if (body.length > 0) body[at % body.length] = byte;
      return body;
    });
  fc.assert(
    fc.property(
      fc.oneof(
        damaged,
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      ),
      (body) => {
        const theirs = attempt(() => type.fromBuffer(body));
        const mine = attempt(() => read?.(framed(body)));
        // Only stricter: numbers beyond 2⁵², where avsc loses bits, and bytes that no encoder writes, such as overlong numbers.
        const written = attempt(() => type.toBuffer(theirs));
        const isForgiven = hasHugeNumber(theirs) || (Buffer.isBuffer(written) && !written.equals(body));
        expect(mine ?? (isForgiven ? theirs : undefined)).toEqual(theirs);
      },
    ),
    { numRuns: 500 },
  );
});

test("a string seen before is the same string, a likeness is not mistaken for it", () => {
  const type = parseSchema('{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}');
  const read = createFlatReader(type);
  const back = (a: string): unknown => Object(read?.(framed(type.toBuffer({ a })))).a;
  // Same length, first and last byte: one slot.
  for (const text of ["abca", "acba", "abca", "aéa", "aäa", "aéa", "", "a".repeat(24), "a".repeat(25)])
    expect(back(text)).toBe(text);
});

const withField = (field: object) =>
  parseSchema(JSON.stringify({ type: "record", name: "R", fields: [{ name: "a", ...field }] }));

test("types beyond scalars and nullable scalars are left to avsc", () => {
  expect(createFlatReader(withField({ type: { type: "array", items: "int" } }))).toBeUndefined();
  expect(createFlatReader(withField({ type: ["null", "int", "string"] }))).toBeUndefined();
  expect(createFlatReader(withField({ type: ["int", "null"] }))).toBeUndefined();
  expect(createFlatReader(parseSchema('"string"'))).toBeUndefined();
});
