// Tasks over rebalances: kept, restored, tried out with care, forgotten.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Ctx, Fenced, type RecordBatch } from "#adapters/broker-port.ts";
import { createPartitions } from "./partitions.ts";
import type { Restored } from "./restore.ts";
import type { Piece } from "./task.ts";
import { logRecord } from "./test-log.ts";

const partition = { topic: "t", partition: 3 };
const ctx: Ctx = { commit: async () => undefined, heartbeat: async () => undefined, live: true };
const committedAt = (offset: number, metadata = "mine") => ({ offset, metadata, logStart: 0, end: 100 });

const batchOf = (first: number, count: number): RecordBatch => ({
  ...partition,
  records: Array.from({ length: count }, (_, index) => logRecord(first + index, null)),
  firstOffset: first,
  nextPosition: first + count,
  highWatermark: 100,
});

/** Stands in for a task: it takes pieces and remembers where its commits left it. */
const fakeTask = (start: number, taken: Piece[], skipped: number[]): Restored["task"] => {
  let position = start;
  return {
    take: async (piece) => {
      taken.push(piece);
      position = piece.nextPosition;
    },
    finish: async () => undefined,
    stoodAt: ({ offset, metadata }) => offset === position && metadata === "mine",
    get position() {
      return position;
    },
    engine: { watermark: 0, visits: 0 },
    intake: { addSkip: (offset) => void skipped.push(offset) },
  };
};

const setUp = ({ carefulFor = 0, deadly = [] as readonly number[] } = {}) => {
  const taken: Piece[] = [];
  const skipped: number[] = [];
  const restores: number[] = [];
  const tasks = createPartitions({
    restore: async (_, { offset }) => {
      restores.push(offset ?? 0);
      const start = offset ?? 0;
      return { task: fakeTask(start, taken, skipped), carefulBelow: start + carefulFor };
    },
    survives: async ({ offset }) => !deadly.includes(offset),
  });
  return { tasks, taken, skipped, restores };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a partition", () => {
  it("is restored when it comes, and read from where its task stands", async () => {
    const { tasks, restores } = setUp();
    expect(await tasks.onAssigned(partition, committedAt(10), ctx)).toBe(10);
    expect(restores).toEqual([10]);
  });

  it("keeps its task when it comes back and nobody has committed meanwhile", async () => {
    const { tasks, restores } = setUp();
    await tasks.onAssigned(partition, committedAt(10), ctx);
    await tasks.onBatch(batchOf(10, 5), ctx);
    tasks.onLost(partition);
    expect([...tasks.live()]).toEqual([]);
    expect(await tasks.onAssigned(partition, committedAt(15), ctx)).toBe(15);
    expect(restores).toEqual([10]);
    expect([...tasks.live()]).toHaveLength(1);
  });

  it.each([committedAt(15, "another's"), committedAt(20)])("is restored when another has been there", async (now) => {
    const { tasks, restores } = setUp();
    await tasks.onAssigned(partition, committedAt(10), ctx);
    await tasks.onBatch(batchOf(10, 5), ctx);
    tasks.onLost(partition);
    await tasks.onAssigned(partition, now, ctx);
    expect(restores).toEqual([10, now.offset]);
  });

  it("is forgotten when it has gone elsewhere", async () => {
    const { tasks, restores } = setUp();
    await tasks.onAssigned(partition, committedAt(10), ctx);
    tasks.onLost(partition);
    vi.advanceTimersByTime(60_000);
    await tasks.onAssigned(partition, committedAt(10), ctx);
    expect(restores).toEqual([10, 10]);
  });

  it("ends what waits for it when it is lost", async () => {
    const started = Promise.withResolvers<void>();
    const tasks = createPartitions({
      restore: (_, __, { signal }) => {
        started.resolve();
        return new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        );
      },
      survives: async () => true,
    });
    const assigned = tasks.onAssigned(partition, committedAt(10), ctx);
    await started.promise;
    tasks.onLost(partition);
    await expect(assigned).rejects.toThrow(Fenced);
  });

  it("takes only what its task has not folded yet, and never skips a record", async () => {
    const { tasks, taken } = setUp();
    await tasks.onAssigned(partition, committedAt(10), ctx);
    await tasks.onBatch(batchOf(8, 5), ctx);
    expect(taken.map(({ records }) => records.map(({ offset }) => offset))).toEqual([[10, 11, 12]]);
    await expect(tasks.onBatch(batchOf(14, 1), ctx)).rejects.toThrow("goes on at 14 instead of 13");
  });
});

describe("after several starts without progress", () => {
  it("takes suspects one by one, each tried out first", async () => {
    const { tasks, taken, skipped } = setUp({ carefulFor: 2, deadly: [11] });
    await tasks.onAssigned(partition, committedAt(10), ctx);
    await tasks.onBatch(batchOf(10, 5), ctx);
    expect(taken.map(({ records, nextPosition }) => [records.length, nextPosition])).toEqual([
      [1, 11],
      [1, 12],
      [3, 15],
    ]);
    expect(skipped).toEqual([11]);
  });
});
