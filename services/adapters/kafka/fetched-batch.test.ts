// A fetch reply's position moves over everything the broker hides, and damage is named with its place.
import { expect, test } from "vitest";
import { CorruptBatch, FetchedBatch } from "./fetched-batch.ts";
import { type BatchView, batchSize, splitBatches, writeBatch } from "./record-batch.ts";

/** A stored batch of these values from `baseOffset` on, whose last offset may lie beyond its last record, as after compaction. */
const stored = (
  values: readonly string[],
  baseOffset: number,
  lastOffset = baseOffset + values.length - 1,
): BatchView => {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value) }));
  const bytes = Buffer.alloc(batchSize(records));
  writeBatch(bytes, 0, records, 1);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(lastOffset - baseOffset, 23);
  const [view] = splitBatches(bytes);
  if (view === undefined) throw new Error("no batch");
  return view;
};

const fetched = (from: number, messages: readonly BatchView[], lastStableOffset = 100): FetchedBatch =>
  new FetchedBatch("t", String(from), {
    partition: 4,
    highWatermark: "120",
    lastStableOffset: String(lastStableOffset),
    abortedTransactions: null,
    messages,
  });

test("shows the records from the position on, and where to go on", () => {
  const batch = fetched(6, [stored(["a", "b", "c"], 5), stored(["d"], 8)]);
  expect(batch.toRecordBatch()).toMatchObject({
    topic: "t",
    partition: 4,
    firstOffset: 6,
    nextPosition: 9,
    highWatermark: 120,
  });
  expect(batch.records.map(({ offset, value }) => `${offset}${String(value)}`)).toEqual(["6b", "7c", "8d"]);
  expect(batch.isEmpty()).toBe(false);
});

test("a batch that compaction emptied is passed over (K13)", () => {
  const batch = fetched(5, [stored([], 5, 17)]);
  expect(batch.records).toEqual([]);
  expect(batch.nextPosition).toBe(18);
  expect(batch.isEmpty()).toBe(false);
});

test("an empty reply at the end is empty, one below the last stable offset is not", () => {
  expect(fetched(100, []).isEmpty()).toBe(true);
  expect(fetched(99, []).isEmpty()).toBe(false);
  expect(fetched(99, []).nextPosition).toBe(99);
});

test("records still in an open transaction are waited for, not stepped over", () => {
  expect(fetched(50, [], 50).isEmpty()).toBe(true);
});

test("damaged bytes are named with their place", () => {
  const view = stored(["a"], 5);
  const damaged = { ...view, body: view.body.subarray(0, 3) };
  expect(() => fetched(5, [damaged])).toThrow(CorruptBatch);
  expect(() => fetched(5, [damaged])).toThrow("t:4 from offset 5 is unreadable");
  expect(() => fetched(5, [{ ...view, compression: 7 }])).toThrow(CorruptBatch);
});
