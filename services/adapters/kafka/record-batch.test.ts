// Record batches are read as they were written, in pieces as the broker cuts them, and aborted ones stay hidden.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogRecord } from "#adapters/broker-port.ts";
import { codecs } from "./codecs.ts";
import {
  type AbortedTransaction,
  type BatchView,
  batchSize,
  decodeBatch,
  type Outgoing,
  recordSize,
  splitBatches,
  visibleBatches,
  writeBatch,
} from "./record-batch.ts";

const write = (records: readonly Outgoing[], timestamp = 1_700_000_000_123): Buffer => {
  const size = batchSize(records);
  const bytes = Buffer.alloc(size + 10, 0xaa);
  expect(writeBatch(bytes, 5, records, timestamp)).toBe(size + 5);
  return bytes.subarray(5, size + 5);
};

const decode = (set: Buffer, from = 0): LogRecord[] => {
  const records: LogRecord[] = [];
  for (const view of splitBatches(set)) decodeBatch(view, from, records);
  return records;
};

const countOrError = (set: Buffer): number | Error => {
  try {
    return decode(set).length;
  } catch (error) {
    return error as Error;
  }
};

/** As a broker stores it: at `baseOffset`, append time set, perhaps compressed. */
const stored = (batch: Buffer, { baseOffset = 0, appendTime = 0, compression = 0 } = {}): Buffer => {
  const codec = codecs[compression];
  const body = codec === undefined ? batch.subarray(61) : codec.compress(batch.subarray(61));
  const result = Buffer.concat([batch.subarray(0, 61), body]);
  result.writeBigInt64BE(BigInt(baseOffset), 0);
  result.writeInt32BE(result.length - 12, 8);
  result.writeInt16BE(compression | (appendTime === 0 ? 0 : 8), 21);
  if (appendTime !== 0) result.writeBigInt64BE(BigInt(appendTime), 35);
  return result;
};

const outgoing = fc.record({
  key: fc.option(
    fc.oneof(
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    ),
  ),
  value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
  headers: fc.oneof(
    fc.constant(undefined),
    fc.dictionary(fc.string(), fc.string({ unit: "grapheme" }), { maxKeys: 3 }),
  ),
});

const asBuffer = (key: string | Buffer | null): Buffer | null => (typeof key === "string" ? Buffer.from(key) : key);

describe("writing and reading", () => {
  test("what is written is read back, uncompressed and with every codec", () => {
    fc.assert(
      fc.property(
        fc.array(outgoing as fc.Arbitrary<Outgoing>, { minLength: 1, maxLength: 40 }),
        fc.nat({ max: 2 ** 40 }),
        fc.integer({ min: 0, max: 4 }),
        (records, baseOffset, compression) => {
          const read = decode(stored(write(records), { baseOffset, compression, appendTime: 1_800_000_000_000 }));
          expect(read).toEqual(
            records.map(({ key, value, headers }, i) => ({
              offset: baseOffset + i,
              appendTs: 1_800_000_000_000,
              key: asBuffer(key),
              value,
              headers: headers ?? {},
            })),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  test("without append time a record has its producer's", () => {
    expect(decode(write([{ key: null, value: Buffer.from("a") }], 1234))[0]?.appendTs).toBe(1234);
  });

  test("the size of a record bounds what it adds to a batch", () => {
    fc.assert(
      fc.property(fc.array(outgoing as fc.Arbitrary<Outgoing>, { maxLength: 20 }), (records) => {
        const bound = records.reduce((sum, record) => sum + recordSize(record), 61);
        expect(batchSize(records)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  test("a batch cut off at the end of a reply is left for the next one", () => {
    const first = stored(write([{ key: null, value: Buffer.from("a") }]));
    const second = stored(write([{ key: null, value: Buffer.from("b") }]), { baseOffset: 1 });
    const both = Buffer.concat([first, second]);
    for (let length = first.length; length < both.length; length++)
      expect(decode(both.subarray(0, length)).map(({ value }) => String(value))).toEqual(["a"]);
  });

  test("a reply that begins inside a batch shows only what was asked for", () => {
    const records = ["a", "b", "c"].map((value) => ({ key: null, value: Buffer.from(value) }));
    expect(decode(stored(write(records), { baseOffset: 10 }), 12).map(({ offset }) => offset)).toEqual([12]);
  });

  test("a value is a copy: what happens to the reply's buffer later does not reach it", () => {
    const set = stored(write([{ key: "k", value: Buffer.from("value") }]));
    const [record] = decode(set);
    set.fill(0);
    expect(String(record?.value)).toBe("value");
    expect(String(record?.key)).toBe("k");
  });

  test("damaged bytes are an error, never an endless loop or a foreign record", () => {
    const whole = stored(write([{ key: "k", value: Buffer.from("value"), headers: { a: "b" } }]));
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = Buffer.from(whole);
        damaged[at] = byte;
        const outcome = countOrError(damaged);
        expect(outcome instanceof Error || outcome <= 1).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

const markerBody = (abort: boolean): Buffer => {
  // length, attributes, timestamp delta, offset delta, key length 4, version 0, type, value length 0, no headers
  return Buffer.from([2 * 10, 0, 0, 0, 2 * 4, 0, 0, 0, abort ? 0 : 1, 0, 0]);
};

describe("what a read_committed reader may see", () => {
  interface Planned {
    readonly producer: number;
    readonly kind: "data" | "abort" | "commit" | "plain";
  }

  const viewOf = ({ producer, kind }: Planned, offset: number): BatchView => ({
    baseOffset: offset,
    lastOffset: offset,
    producerId: BigInt(kind === "plain" ? -1 : producer),
    transactional: kind !== "plain",
    control: kind === "abort" || kind === "commit",
    compression: 0,
    appendTime: 0,
    firstTimestamp: 0,
    count: 1,
    body: kind === "abort" || kind === "commit" ? markerBody(kind === "abort") : Buffer.alloc(0),
  });

  /** Brute force: data is hidden if the next marker of its producer aborts. */
  const visibleByForce = (plan: readonly Planned[]): number[] =>
    plan.flatMap(({ producer, kind }, offset) => {
      if (kind === "plain") return [offset];
      if (kind !== "data") return [];
      const end = plan
        .slice(offset)
        .find((later) => later.producer === producer && later.kind !== "data" && later.kind !== "plain");
      return end?.kind === "commit" ? [offset] : [];
    });

  /** As brokers list them: each aborted transaction by its first data offset, in the order of their ends. */
  const abortedIn = (plan: readonly Planned[]): AbortedTransaction[] => {
    const open = new Map<number, number>();
    const aborted: AbortedTransaction[] = [];
    for (const [offset, { producer, kind }] of plan.entries()) {
      if (kind === "data" && !open.has(producer)) open.set(producer, offset);
      if (kind !== "abort" && kind !== "commit") continue;
      const first = open.get(producer);
      if (kind === "abort" && first !== undefined)
        aborted.push({ producerId: String(producer), firstOffset: String(first) });
      open.delete(producer);
    }
    return aborted;
  };

  /** Every producer ends its last transaction, as the last stable offset guarantees. */
  const plans = fc
    .array(
      fc.record({
        producer: fc.integer({ min: 1, max: 3 }),
        kind: fc.constantFrom("data", "data", "abort", "commit", "plain"),
      }),
      {
        maxLength: 30,
      },
    )
    .map((plan): Planned[] => [
      ...(plan as Planned[]),
      ...[1, 2, 3].map((producer): Planned => ({ producer, kind: producer === 2 ? "abort" : "commit" })),
    ]);

  test("is what a brute-force oracle says, in whatever order the broker lists the aborted", () => {
    fc.assert(
      fc.property(plans, fc.nat(), (plan, shuffle) => {
        const aborted = abortedIn(plan).toSorted(
          (a, b) => ((Number(a.firstOffset) * 7919 + shuffle) % 13) - ((Number(b.firstOffset) * 7919 + shuffle) % 13),
        );
        const visible = visibleBatches(plan.map(viewOf), aborted);
        expect(visible.map(({ baseOffset }) => baseOffset)).toEqual(visibleByForce(plan));
      }),
      { numRuns: 500 },
    );
  });

  test("a data record whose key looks like a marker ends nothing", () => {
    const plan: Planned[] = [
      { producer: 1, kind: "data" },
      { producer: 1, kind: "data" },
      { producer: 1, kind: "abort" },
    ];
    const views = plan.map(viewOf);
    views[1] = { ...(views[1] as BatchView), body: markerBody(true) };
    expect(visibleBatches(views, abortedIn(plan))).toEqual([]);
  });
});
