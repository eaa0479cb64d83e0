import { expect, it } from "vitest";
import { rejectRecord } from "./reject.ts";

const witness = { topic: "t", partition: 2, service: "detector", codeVersion: "1.2.3" };
const fault = { reason: "malformed", field: null, schemaId: 3 };

it("keeps the bytes, where they lay, why and by whom", () => {
  const record = { offset: 9, appendTs: 5, key: Buffer.from("k"), value: Buffer.from("junk") };
  expect(rejectRecord(record, fault, witness)).toEqual({
    reject_id: "t:2:9",
    reason: "malformed",
    source_topic: "t",
    source_partition: 2,
    source_offset: 9,
    append_ts: 5,
    field: null,
    schema_id: 3,
    key: Buffer.from("k"),
    value: Buffer.from("junk"),
    bytes_total: 4,
    truncated: false,
    service: "detector",
    code_version: "1.2.3",
  });
});

it("cuts what its topic would not take, and says so", () => {
  const record = { offset: 9, appendTs: 5, key: Buffer.alloc(100_000), value: Buffer.alloc(1_500_000) };
  const made = rejectRecord(record, fault, witness);
  expect(made).toMatchObject({ bytes_total: 1_500_000, truncated: true });
  expect([made.key?.length, made.value?.length]).toEqual([65_536, 1_048_576]);
});
