import { describe, expect, it } from "vitest";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { topicsFor } from "#schemas/topics.ts";
import { declareMetrics } from "./metrics.ts";
import { type ResetOptions, reset } from "./reset.ts";

const topics = topicsFor("earshot.", 1);
const signals = [{ ...topics.signals, partitions: 1 }];
const pending = '{"v":1,"inc":1,"pend":[10,19]}';
const options: ResetOptions = { target: "stay", pending: "finish", dryRun: false };

/** A group at one partition of `signals`, whose log spans 5 to 100 and holds nothing that becomes a row. */
const run = async (
  found: { offset: number | null; metadata?: string; members?: number; landed?: number },
  chosen: Partial<ResetOptions> = {},
) => {
  const did: string[] = [];
  const table = await reset(
    signals,
    undefined,
    { ...options, ...chosen },
    {
      topics,
      group: "g",
      inc: 2,
      pastWindow: 0,
      codeVersion: "test",
      admin: {
        members: async () => found.members ?? 0,
        committed: async () => new Map([[0, { offset: found.offset, metadata: found.metadata ?? "" }]]),
        offsets: async () => new Map([[0, { start: 5, end: 100 }]]),
        setCommitted: async (_, __, offset, metadata) => void did.push(`commit ${offset} ${metadata}`),
      },
      landedUpTo: async () => found.landed ?? null,
      codecs: {
        decode: () => ({ kind: "reject", reason: "tombstone", schemaId: null }),
        resolve: async () => "resolved",
        encode: () => Buffer.alloc(0),
      },
      store: {
        pack: (rows) => ({ ...rows, count: rows.rows.length, content: null }),
        insert: async (block) => void did.push(`insert ${"table" in block ? block.table : "packs"} ${block.token}`),
      },
      reader: {
        async *read() {
          yield* [];
        },
      },
      producer: { send: async () => undefined },
      probe: { survives: async () => true },
      outages: { wait: (_, work) => work() },
      timers: { now: () => 0, after: () => () => undefined },
      metrics: declareMetrics(createMetrics("test", { defaults: false })),
      log: silentLogger,
      crashAt: () => undefined,
      over: new AbortController().signal,
    },
  );
  return { did, row: table[0] };
};

describe("the reset", () => {
  it("finishes a pending range under the incarnation of its intent", async () => {
    const { did, row } = await run({ offset: 10, metadata: pending });
    expect(did).toEqual([
      `commit 10 ${pending}`,
      "insert landings 1/earshot.signals:0:10-19/landing",
      'commit 20 {"v":1,"inc":2}',
    ]);
    expect(row).toMatchObject({ offset: 10, pending: "10-19", to: 20, action: "finish 10-19, move to 20" });
  });

  it("drops a pending range and stays before it", async () => {
    const { did } = await run({ offset: 10, metadata: pending }, { pending: "drop" });
    expect(did).toEqual(['commit 10 {"v":1,"inc":2}']);
  });

  it.each([
    ["earliest", 5],
    ["latest", 100],
    ["landed", 42],
    [77, 77],
  ] as const)("moves to %s", async (target, to) => {
    const { did } = await run({ offset: 50, metadata: '{"v":1,"inc":2}', landed: 42 }, { target });
    expect(did).toEqual([`commit ${to} {"v":1,"inc":2}`]);
  });

  it("gives a group that lost its offsets those of the landed rows", async () => {
    const { did } = await run({ offset: null, landed: 42 }, { target: "landed" });
    expect(did).toEqual(['commit 42 {"v":1,"inc":2}']);
  });

  it("overwrites metadata of another program", async () => {
    const { did, row } = await run({ offset: 50, metadata: "theirs" });
    expect(row).toMatchObject({ pending: "unreadable" });
    expect(did).toEqual(['commit 50 {"v":1,"inc":2}']);
  });

  it("says what it would do and does nothing on a dry run, members or not", async () => {
    const { did, row } = await run({ offset: 10, metadata: pending, members: 1 }, { dryRun: true });
    expect(did).toEqual([]);
    expect(row).toMatchObject({ action: "finish 10-19, move to 20" });
  });

  it("refuses while a lander is in the group", async () => {
    await expect(run({ offset: 10, members: 2 })).rejects.toThrow("Group g has 2 members");
  });

  it("refuses an offset outside the log", async () => {
    await expect(run({ offset: 10 }, { target: 101 })).rejects.toThrow("has offsets from 5 to 100, not 101");
  });

  it("refuses to finish what retention took", async () => {
    await expect(run({ offset: 2, metadata: '{"v":1,"inc":1,"pend":[2,9]}' })).rejects.toThrow(
      "not in the log any more",
    );
  });
});
