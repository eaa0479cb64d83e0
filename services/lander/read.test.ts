import { describe, expect, it } from "vitest";
import type { TopicKind } from "#schemas/topics.ts";
import { createReader, type Decoded } from "./read.ts";
import type { Made } from "./rows.ts";
import { logRecord, signal } from "./test-records.ts";

const readerOf = (kind: TopicKind, decoded: Decoded<TopicKind>, made: Made = { kind: "rows", rows: [["a"]] }) => {
  const counted: string[] = [];
  const asked: number[] = [];
  const { read } = createReader({
    kind,
    partition: { topic: `earshot.${kind}`, partition: 2 },
    codeVersion: "1.2.3",
    decode: () => decoded,
    rowsOf: () => made,
    resolve: async (schemaId) => void asked.push(schemaId),
    onSkipped: (reason) => void counted.push(`skipped ${reason}`),
    onRejected: (reason) => void counted.push(`rejected ${reason}`),
  });
  return { read, counted, asked };
};

const malformed = { kind: "reject", reason: "malformed", schemaId: 7 } as const;
const good = { kind: "record", record: signal(), schemaId: 7 } as const;

describe("reading a record", () => {
  it("of which rows can be made, makes them", () => {
    expect(readerOf("signals", good).read(logRecord(5))).toEqual({ kind: "rows", rows: [["a"]] });
  });

  it("that is bad, keeps the original for `rejects`", () => {
    const { read, counted } = readerOf("signals", malformed);
    const record = logRecord(5, { key: Buffer.from("k"), value: Buffer.from("bytes") });
    expect(read(record)).toMatchObject({
      kind: "reject",
      reject: {
        reject_id: "earshot.signals:2:5",
        reason: "malformed",
        source_offset: 5,
        schema_id: 7,
        key: Buffer.from("k"),
        value: Buffer.from("bytes"),
        bytes_total: 5,
        truncated: false,
        service: "lander",
        code_version: "1.2.3",
      },
    });
    expect(counted).toEqual(["rejected malformed"]);
  });

  it("that is bad and large, keeps a mebibyte of it and says so", () => {
    const value = Buffer.alloc(1_500_000);
    const reading = readerOf("late", malformed).read(logRecord(5, { value }));
    expect(reading).toMatchObject({ reject: { bytes_total: 1_500_000, truncated: true } });
    expect(reading.kind === "reject" && reading.reject.value?.length).toBe(1_048_576);
  });

  it("that removes a key of a compacted topic, lands nothing and is no fault", () => {
    const { read, counted } = readerOf("incidents", { kind: "reject", reason: "tombstone", schemaId: null });
    expect(read(logRecord(5, { value: null }))).toEqual({ kind: "skip" });
    expect(counted).toEqual(["skipped tombstone"]);
  });

  it("without a value where keys mean nothing, is a reject", () => {
    const { read } = readerOf("changes", { kind: "reject", reason: "tombstone", schemaId: null });
    expect(read(logRecord(5, { value: null }))).toMatchObject({ reject: { reason: "tombstone", value: null } });
  });

  it.each(["interactions", "rejects"] as const)("that is bad in %s, only counts it", (kind) => {
    const { read, counted } = readerOf(kind, malformed);
    expect(read(logRecord(5))).toEqual({ kind: "skip" });
    expect(counted).toEqual(["rejected malformed"]);
  });

  it("that breaks a rule of its table, names the field", () => {
    const { read } = readerOf("signals", good, { kind: "reject", reason: "invalid_value", field: "evidence" });
    expect(read(logRecord(5))).toMatchObject({ reject: { reason: "invalid_value", field: "evidence" } });
  });

  it("that lands nowhere by rule, counts why", () => {
    const { read, counted } = readerOf("tallies", good, { kind: "skip", reason: "control" });
    expect(read(logRecord(5))).toEqual({ kind: "skip" });
    expect(counted).toEqual(["skipped control"]);
  });

  it("of an unknown schema, asks for it first", async () => {
    const { read, counted, asked } = readerOf("signals", { kind: "unresolved", schemaId: 40 });
    const reading = read(logRecord(5));
    expect(reading.kind).toBe("wait");
    if (reading.kind === "wait") await reading.ready();
    expect(asked).toEqual([40]);
    expect(counted).toEqual([]);
  });
});
