// Where each output goes, and what is kept of a reject.
import { describe, expect, it } from "vitest";
import type { OutRecord } from "#adapters/broker-port.ts";
import type { Output } from "#core/engine-port.ts";
import { partitionFor } from "#core/partition.ts";
import type { SignalRecord, TallyRecord } from "#schemas/generated/records.ts";
import { topicsFor } from "#schemas/topics.ts";
import { createDriver, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";
import { createOutputs } from "./outputs.ts";
import { codecs, logRecord, partitions, sessionIn } from "./test-log.ts";

const topics = topicsFor("x.", partitions);
const outputs = createOutputs({
  topic: "x.interactions",
  partition: 2,
  topics,
  codeVersion: "1.2.3",
  codecs,
});

/** Real outputs of a small session: signals, tallies, progress, and one late event. */
const said = (): readonly Output[] => {
  const driver = createDriver();
  driver.log(prompt("0s", "how do I freeze my card"), response("5s", "r1"), sessionEnd("1m"));
  driver.log(prompt("2h", "something else", { session_id: "s2" }));
  driver.append(prompt("1m", "far too late"), driver.engine.watermark);
  return driver.outputs;
};

const placed = (kind: Output["kind"]) => {
  const of = said().filter((output) => output.kind === kind);
  const into: OutRecord[] = [];
  outputs.add(into, of);
  return { of, into };
};

describe("outputs", () => {
  it("puts signals and late events where their session hashes to", () => {
    for (const kind of ["signal", "late"] as const) {
      const { of, into } = placed(kind);
      expect(into.length).toBeGreaterThan(0);
      expect(into.map(({ partition, key }) => ({ partition, key }))).toEqual(
        of.map(({ record }) => {
          const session = (record as SignalRecord).session_id;
          return { partition: partitionFor(session, 4), key: session };
        }),
      );
    }
  });

  it("puts tallies where their tenant hashes to", () => {
    const { of, into } = placed("tally");
    expect(into.map(({ partition }) => partition)).toEqual(
      of.map(({ record }) => partitionFor((record as TallyRecord).tenant, 4)),
    );
  });

  it("puts progress into every partition of tallies", () => {
    const { of, into } = placed("progress");
    expect(into.length).toBe(of.length * 4);
    expect(into.slice(0, 4).map(({ topic, partition }) => `${topic}:${partition}`)).toEqual([
      "x.tallies:0",
      "x.tallies:1",
      "x.tallies:2",
      "x.tallies:3",
    ]);
  });

  it("writes a misplaced record once more, byte for byte, and says where it lay", () => {
    const record = logRecord(9, prompt("0s", "hi"), { headers: { trace: "t" } });
    expect(outputs.rekeyed(record, sessionIn[1])).toEqual({
      topic: "x.interactions",
      partition: 1,
      key: sessionIn[1],
      value: record.value,
      headers: { trace: "t", "rekeyed-from": `x.interactions:2:9:${record.appendTs}` },
    });
  });
});

const rejectOf = (value: Buffer | null) => {
  const record = logRecord(9, null, { value, key: Buffer.from("k"), appendTs: 5 });
  const { value: bytes, ...rest } = outputs.rejected(record, { reason: "malformed", field: null, schemaId: 3 });
  const decoded = codecs.decode("rejects", bytes);
  if (decoded.kind !== "record") throw new Error(decoded.kind);
  return { ...rest, record: decoded.record };
};

describe("a reject", () => {
  it("keeps the original bytes, where they lay and why", () => {
    const { topic, partition, record } = rejectOf(Buffer.from("junk"));
    expect({ topic, partition }).toEqual({ topic: "x.rejects", partition: 0 });
    expect(record).toMatchObject({
      reject_id: "x.interactions:2:9",
      reason: "malformed",
      source_offset: 9,
      append_ts: 5,
      schema_id: 3,
      bytes_total: 4,
      truncated: false,
      service: "detector",
      code_version: "1.2.3",
    });
    expect(Buffer.from(record.value ?? [])).toEqual(Buffer.from("junk"));
  });

  it("is cut at 1 MiB and says so", () => {
    const { record } = rejectOf(Buffer.alloc(1_500_000));
    expect(record).toMatchObject({ bytes_total: 1_500_000, truncated: true });
    expect(record.value?.length).toBe(1_048_576);
  });

  it("has no value when the record was a tombstone", () => {
    expect(rejectOf(null).record).toMatchObject({ value: null, bytes_total: 0 });
  });
});
