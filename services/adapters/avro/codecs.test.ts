// Values in and out: round trips, every way a value can be wrong, foreign writers, and starts with and without a registry.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import avro from "avsc";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLogger } from "#runtime/logger.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import type { InteractionRecord, SignalRecord } from "#schemas/generated/records.ts";
import { type AvroObject, isUnion, kindOf } from "#schemas/schema-json.ts";
import { topicSpecs } from "#schemas/topics.ts";
import { createLocalCodecs, openCodecs } from "./codecs.ts";
import { startFakeRegistry } from "./fake-registry.ts";

const interaction = (over: Partial<InteractionRecord> = {}): InteractionRecord => ({
  event_id: "e1",
  type: "prompt",
  ts: 1_790_000_000_000,
  tenant: "acme",
  session_id: "s1",
  user_id_hash: null,
  response_id: null,
  text: "Where is my order?",
  value: 0.5,
  label: null,
  feature: "search",
  segment: null,
  tier: null,
  device: null,
  locale: null,
  app_version: null,
  utc_offset_min: -60,
  prompt_name: null,
  prompt_version: null,
  model: null,
  model_version: null,
  release: null,
  audit_id: null,
  extra: null,
  ...over,
});

const framed = (id: number, ...bytes: number[]): Buffer => Buffer.from([0, 0, 0, 0, id, ...bytes]);

/** Our interaction with other fields at its end, as a producer with a schema of its own may write it. */
const foreign = (...more: object[]): string => {
  const schema = JSON.parse(bundledSchema("interaction")) as AvroObject;
  return JSON.stringify({ ...schema, fields: [...(schema.fields ?? []), ...more] });
};

const encodeForeign = (id: number, schema: string, record: object): Buffer =>
  Buffer.concat([framed(id), avro.Type.forSchema(JSON.parse(schema) as avro.Schema).toBuffer(record)]);

describe("values", () => {
  const codecs = createLocalCodecs();

  test("a record comes back as it went in, text of any script and size included", () => {
    const word = fc.option(fc.string({ unit: "grapheme" }), { nil: null });
    // avsc loses the last bit beyond 2⁵²; times and offsets stay far below.
    const time = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
    const records = fc.record({ text: word, feature: word, extra: word, ts: time, value: fc.double() });
    fc.assert(
      fc.property(records, (over) => {
        const record = interaction({ ...over, value: Object.is(over.value, -0) ? 0 : over.value });
        const { record: back } = {
          record: undefined,
          ...codecs.decode("interactions", codecs.encode("interactions", record)),
        };
        expect({ ...back }).toEqual(record);
      }),
    );
    const large = interaction({ text: "é".repeat(500_000) });
    expect(codecs.decode("interactions", codecs.encode("interactions", large))).toMatchObject({
      kind: "record",
      record: { text: large.text },
    });
  });

  test("every topic has its own schema id, which the value carries", () => {
    expect(new Set(Object.values(codecs.schemaIds)).size).toBe(topicSpecs.length);
    expect(codecs.decode("interactions", codecs.encode("interactions", interaction()))).toMatchObject({
      schemaId: codecs.schemaIds.interactions,
    });
  });

  test("what has been encoded does not change when the next is", () => {
    const first = codecs.encode("interactions", interaction());
    const copy = Buffer.from(first);
    codecs.encode("interactions", interaction({ event_id: "another" }));
    expect(first).toEqual(copy);
  });

  test.each([
    ["a tombstone", null, "tombstone", null],
    ["nothing", Buffer.alloc(0), "not_avro", null],
    ["four bytes", Buffer.from([0, 0, 0, 0]), "not_avro", null],
    ["JSON", Buffer.from('{"type":"prompt"}'), "not_avro", null],
    ["a negative schema id", Buffer.from([0, 255, 255, 255, 255, 0]), "not_avro", null],
    ["an unknown schema id", framed(99, 0), "unknown_schema", 99],
    ["a header without body", framed(1), "malformed", 1],
    ["a string that claims more than is there", framed(1, 200, 1, 65), "malformed", 1],
    ["a negative length", framed(1, 1), "malformed", 1],
    ["2 MiB and more", Buffer.concat([framed(1), Buffer.alloc(2 * 1024 * 1024)]), "oversized", 1],
  ] as const)("%s is rejected for what it is", (_, value, reason, schemaId) => {
    expect(codecs.decode("interactions", value)).toEqual({ kind: "reject", reason, schemaId });
  });

  test("a value cut anywhere, or with one byte too many, is malformed", () => {
    const value = codecs.encode("interactions", interaction());
    for (let length = 5; length < value.length; length++)
      expect(codecs.decode("interactions", value.subarray(0, length))).toMatchObject({ reason: "malformed" });
    expect(codecs.decode("interactions", Buffer.concat([value, Buffer.from([0])]))).toMatchObject({
      reason: "malformed",
    });
  });

  test("a record that breaks its schema is a bug of the caller and throws", () => {
    expect(() => codecs.encode("interactions", interaction({ ts: 0.5 }))).toThrow(/ts|long/);
  });
});

describe("foreign writers", () => {
  const tags = foreign({ name: "tags", type: { type: "array", items: "string" } });
  const nulls = foreign({ name: "nothing", type: { type: "array", items: "null" } });
  const required = (JSON.parse(bundledSchema("interaction")) as AvroObject).fields?.slice(0, 5);
  const least = JSON.stringify({ type: "record", name: "Interaction", namespace: "com.example", fields: required });
  const others = new Map([
    [21, tags],
    [22, nulls],
    [23, foreign({ name: "by_name", type: { type: "map", values: { type: "array", items: "null" } } })],
    [24, JSON.stringify({ type: "record", name: "Order", fields: [{ name: "id", type: "string" }] })],
    [25, '{"type":"record","name":"Interaction","fields":[{"name":"event_id","type":"string"}]}'],
    [26, "not a schema"],
    [28, least],
    [27, '{"type":"record","name":"Interaction","fields":[{"name":"next","type":["null","Interaction"]}]}'],
  ]);
  const codecs = createLocalCodecs(others);
  const known = codecs.encode("interactions", interaction()).subarray(5);
  const arrayAt = (id: number, ...bytes: number[]): Buffer => Buffer.concat([framed(id), known, Buffer.from(bytes)]);

  test("more fields, arrays included, are stepped over", () => {
    const value = encodeForeign(21, tags, { ...interaction(), tags: ["a", "b"] });
    expect(codecs.decode("interactions", value)).toMatchObject({
      kind: "record",
      record: { event_id: "e1" },
      schemaId: 21,
    });
  });

  test("fields of ours that a writer leaves out are null, and its namespace does not matter", () => {
    const value = encodeForeign(28, least, interaction());
    expect(codecs.decode("interactions", value)).toMatchObject({
      kind: "record",
      record: { event_id: "e1", session_id: "s1", text: null, extra: null },
    });
  });

  test("an array that claims two thousand million items in six bytes is malformed, at once", () => {
    const claim = [254, 255, 255, 255, 15, 0];
    for (const id of [21, 22, 23])
      expect(codecs.decode("interactions", arrayAt(id, ...claim))).toMatchObject({ reason: "malformed" });
  });

  test("a block whose size lies is malformed, for decoders that trust it would read elsewhere", () => {
    // Count -1, size 3, then an item of two bytes.
    expect(codecs.decode("interactions", arrayAt(21, 1, 6, 2, 65, 0))).toMatchObject({ reason: "malformed" });
    expect(codecs.decode("interactions", arrayAt(21, 1, 4, 2, 65, 0))).toMatchObject({ kind: "record" });
  });

  test("nested arrays of nothing end", () => {
    // A map of 3,000 keys "", each with 9,999 nulls: 30 million values in 12 KB.
    const entries = Array.from({ length: 3000 }, () => [0, 158, 156, 1, 0]).flat();
    const value = arrayAt(23, 240, 46, ...entries, 0);
    expect(codecs.decode("interactions", value)).toMatchObject({ reason: "malformed" });
  });

  test.each([
    [24, "another record"],
    [25, "one without our required fields"],
    [26, "text that is no schema"],
  ])("schema %i, %s, is incompatible", (id) => {
    expect(codecs.decode("interactions", framed(id, 2, 65))).toEqual({
      kind: "reject",
      reason: "incompatible_schema",
      schemaId: id,
    });
  });
});

/** A signal of least content: required fields filled, all others null. */
const leastSignal = (): SignalRecord => {
  const fields = (JSON.parse(bundledSchema("signal")) as AvroObject).fields ?? [];
  const filler: Readonly<Record<string, unknown>> = { string: "x", int: 1, long: 1, boolean: false };
  const values = fields.map(({ name, type }) => [name, isUnion(type) ? null : filler[kindOf(type)]]);
  return Object.fromEntries(values) as SignalRecord;
};

describe("poison", () => {
  const arrays = foreign({ name: "a", type: { type: "array", items: { type: "array", items: "null" } } });
  const codecs = createLocalCodecs(new Map([[9, arrays]]));
  const valid = [codecs.encode("interactions", interaction()), codecs.encode("signals", leastSignal())];

  const bytes = fc.uint8Array({ maxLength: 300 });
  const corpus = fc.oneof(
    bytes.map((body) => Buffer.from(body)),
    fc.tuple(fc.integer({ min: 1, max: 9 }), bytes).map(([id, body]) => framed(id, ...body)),
    // A valid value with bytes overwritten, with a piece cut out, with one doubled.
    fc
      .tuple(
        fc.constantFrom(...valid),
        fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      )
      .map(([value, edits]) => {
        const poisoned = Buffer.from(value);
        for (const [at, byte] of edits) poisoned[5 + (at % (poisoned.length - 5))] = byte;
        return poisoned;
      }),
    fc
      .tuple(fc.constantFrom(...valid), fc.nat(400), fc.nat(400))
      .map(([value, from, to]) => Buffer.concat([value.subarray(0, from), value.subarray(to)])),
    fc.tuple(bytes, fc.nat(60)).map(([body, length]) => Buffer.concat([framed(9), body, Buffer.alloc(length, 255)])),
  );

  test("no bytes make decoding throw, or take more than milliseconds and a little memory", () => {
    const before = process.memoryUsage().arrayBuffers;
    let worst = 0;
    fc.assert(
      fc.property(corpus, fc.constantFrom(...topicSpecs.map((spec) => spec.kind)), (value, kind) => {
        const start = performance.now();
        const decoded = codecs.decode(kind, value);
        worst = Math.max(worst, performance.now() - start);
        expect(["record", "reject"]).toContain(decoded.kind);
      }),
      { numRuns: 3000 },
    );
    // A generous bound: an unbounded count costs seconds, or the process.
    expect(worst).toBeLessThan(500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});

const registered = async () => {
  const registry = await startFakeRegistry();
  // So that ids are not those of the local codecs.
  registry.add("foreign-value", foreign());
  for (const { name, schema } of topicSpecs) registry.add(`t.${name}-value`, bundledSchema(schema));
  return registry;
};
const open = (registry: string, cacheDir: string, signal?: AbortSignal) =>
  openCodecs({ registry, cacheDir, prefix: "t.", log: silentLogger, ...(signal && { signal }) });

describe("opening", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "earshot-codecs-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("our ids are looked up, ids of others resolved once, and both survive an outage", async () => {
    await using registry = await registered();
    const cache = join(folder, "survives");
    const other = registry.add("other-value", foreign({ name: "more", type: ["null", "string"], default: null }));
    const value = encodeForeign(other, foreign(), interaction()).fill(0, 0, 0);
    {
      await using codecs = await open(registry.url, cache);
      expect(codecs.schemaIds.interactions).toBe(2);
      const sent = Buffer.concat([value, Buffer.from([0])]);
      expect(codecs.decode("interactions", sent)).toEqual({ kind: "unresolved", schemaId: other });
      expect(await codecs.resolve(other)).toBe("resolved");
      expect(codecs.decode("interactions", sent)).toMatchObject({ kind: "record", schemaId: other });
      expect(await codecs.resolve(77)).toBe("unknown");
      expect(codecs.decode("interactions", framed(77, 0))).toMatchObject({ reason: "unknown_schema" });
    }
    registry.mode = "error";
    await using again = await open(registry.url, cache);
    expect(again.schemaIds.interactions).toBe(2);
    expect(await again.resolve(other)).toBe("resolved");
    expect(await again.resolve(78)).toBe("unavailable");
    expect(again.decode("interactions", framed(78, 0))).toEqual({ kind: "unresolved", schemaId: 78 });
  });

  test("schemas that are not registered end the start with the cure", async () => {
    await using registry = await startFakeRegistry();
    await expect(open(registry.url, join(folder, "none"))).rejects.toMatchObject({
      code: "schema_missing",
      cure: expect.stringContaining("npm run schemas") as unknown,
    });
  });

  test("a first start without the registry waits until told to stop", async () => {
    await using registry = await registered();
    registry.mode = "error";
    const stop = new AbortController();
    const opening = open(registry.url, join(folder, "first"), stop.signal);
    stop.abort(new Error("stopping"));
    await expect(opening).rejects.toThrow("stopping");
  });

  test("a first start waits for the registry and goes on when it is back", async () => {
    await using registry = await registered();
    registry.mode = "error";
    const opening = open(registry.url, join(folder, "back"));
    while (registry.requests.length < 6) await new Promise(setImmediate);
    registry.mode = "up";
    await using codecs = await opening;
    expect(codecs.schemaIds.rejects).toBe(6);
  });

  test("memory:// needs no registry", async () => {
    await using codecs = await open("memory://x", folder);
    expect(codecs.schemaIds.interactions).toBe(1);
    expect(await codecs.resolve(99)).toBe("unknown");
  });
});
