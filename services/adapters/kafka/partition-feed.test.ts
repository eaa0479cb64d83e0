// A feed hands batches over one by one, repeats what asks for it, stops where a handler gave up, and never piles up.
import { expect, test, vi } from "vitest";
import { type Ctx, Fenced, type LogRecord, type RecordBatch, Retryable } from "#adapters/broker-port.ts";
import { createPartitionFeed } from "./partition-feed.ts";

const recordAt = (offset: number): LogRecord => ({ offset, appendTs: 0, key: null, value: null, headers: {} });

/** `size` records from `firstOffset` on; 600 are too many to be merged with their like. */
const batch = (firstOffset: number, size = 600): RecordBatch => ({
  topic: "t",
  partition: 0,
  records: Array.from({ length: size }, (_, i) => recordAt(firstOffset + i)),
  firstOffset,
  nextPosition: firstOffset + size,
  highWatermark: 100_000,
});

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

const openFeed = (onBatch: (batch: RecordBatch) => Promise<void> = async () => undefined) => {
  const seen: number[] = [];
  const paused: boolean[] = [];
  const failures: Error[] = [];
  const owner = { live: true };
  const ctx: Ctx = {
    commit: async () => undefined,
    heartbeat: async () => undefined,
    get live() {
      return owner.live;
    },
  };
  const feed = createPartitionFeed({
    partition: { topic: "t", partition: 0 },
    ctx,
    onBatch: async (one) => {
      seen.push(one.firstOffset);
      await onBatch(one);
    },
    setPaused: (value) => void paused.push(value),
    fail: (error) => void failures.push(error),
  });
  return { feed, seen, paused, failures, owner };
};

test("nothing is handed over before the start, and fetching begins with it", async () => {
  const { feed, paused } = openFeed();
  expect(feed.judge({ fetchedOffset: 0, nextPosition: 5 })).toBe("nothing");
  feed.start(7);
  expect(paused).toEqual([false]);
  expect(feed.judge({ fetchedOffset: 7, nextPosition: 9 })).toBe("next");
});

test("a batch from another position is a stray; many in a row are a gap", () => {
  const { feed } = openFeed();
  feed.start(7);
  expect(feed.judge({ fetchedOffset: 3, nextPosition: 9 })).toBe("stray");
  expect(feed.judge({ fetchedOffset: 7, nextPosition: 9 })).toBe("next");
  const verdicts = Array.from({ length: 30 }, () => feed.judge({ fetchedOffset: 8, nextPosition: 9 }));
  expect(verdicts[0]).toBe("stray");
  expect(verdicts.at(-1)).toBe("gap");
});

test("a position that does not move for five seconds is stuck, and a moving one is not", () => {
  vi.useFakeTimers();
  const { feed } = openFeed();
  feed.start(7);
  expect(feed.judge({ fetchedOffset: 7, nextPosition: 7 })).toBe("nothing");
  vi.advanceTimersByTime(5001);
  expect(feed.judge({ fetchedOffset: 7, nextPosition: 7 })).toBe("stuck");
  expect(feed.judge({ fetchedOffset: 7, nextPosition: 8 })).toBe("next");
  expect(feed.judge({ fetchedOffset: 7, nextPosition: 7 })).toBe("nothing");
  vi.useRealTimers();
});

test("a full queue pauses its partition and an emptied one resumes it", async () => {
  const release = Promise.withResolvers<void>();
  const { feed, paused, seen } = openFeed(() => release.promise);
  feed.start(0);
  await feed.push(batch(0));
  await feed.push(batch(600));
  await feed.push(batch(1200));
  expect(paused).toEqual([false, true]);
  release.resolve();
  await vi.waitFor(() => expect(seen).toEqual([0, 600, 1200]));
  expect(paused).toEqual([false, true, false]);
});

test("small batches that wait are handed over as one, without a gap", async () => {
  const release = Promise.withResolvers<void>();
  const handled: RecordBatch[] = [];
  const { feed } = openFeed(async (one) => {
    handled.push(one);
    await release.promise;
  });
  feed.start(0);
  for (let i = 0; i < 5; i++) await feed.push(batch(i * 10, 10));
  release.resolve();
  await vi.waitFor(() => expect(handled).toHaveLength(2));
  expect(handled.map(({ firstOffset, nextPosition }) => [firstOffset, nextPosition])).toEqual([
    [0, 10],
    [10, 50],
  ]);
  expect(handled[1]?.records.map(({ offset }) => offset)).toEqual(Array.from({ length: 40 }, (_, i) => 10 + i));
});

test("a paused partition keeps what was fetched, and goes on with it", async () => {
  const { feed, seen } = openFeed();
  feed.start(0);
  feed.hold("user");
  await feed.push(batch(0));
  await settled();
  expect(seen).toEqual([]);
  feed.release("user");
  await vi.waitFor(() => expect(seen).toEqual([0]));
});

test("Retryable repeats the batch; Fenced stops the feed without a failure", async () => {
  let refusals = 2;
  const { feed, seen, failures, paused } = openFeed(async ({ firstOffset }) => {
    if (firstOffset === 0 && refusals-- > 0) throw new Retryable("away");
    if (firstOffset === 600) throw new Fenced("gone");
  });
  feed.start(0);
  await feed.push(batch(0));
  await feed.push(batch(600));
  await feed.push(batch(1200));
  await vi.waitFor(() => expect(seen).toEqual([0, 0, 0, 600]));
  expect(feed.judge({ fetchedOffset: 1800, nextPosition: 1801 })).toBe("nothing");
  expect(failures).toEqual([]);
  expect(paused.at(-1)).toBe(true);
});

test("a bug stops the feed and is reported; the batches behind it are not handed over", async () => {
  const bug = new RangeError("bug");
  const { feed, seen, failures } = openFeed(async () => {
    throw bug;
  });
  feed.start(0);
  await feed.push(batch(0));
  await feed.push(batch(1));
  await vi.waitFor(() => expect(failures).toEqual([bug]));
  expect(seen).toEqual([0]);
});

test("draining ends with the running batch and drops what waits", async () => {
  const release = Promise.withResolvers<void>();
  const { feed, seen } = openFeed(() => release.promise);
  feed.start(0);
  await feed.push(batch(0));
  await feed.push(batch(1));
  const drained = feed.drain();
  release.resolve();
  await drained;
  expect(seen).toEqual([0]);
});

test("a lost partition is handed nothing more", async () => {
  const { feed, seen, owner } = openFeed();
  feed.start(0);
  owner.live = false;
  await feed.push(batch(0));
  await settled();
  expect(seen).toEqual([]);
});

test("a handler silent for minutes is stalled, one that beats is not", async () => {
  vi.useFakeTimers();
  const { feed } = openFeed(() => new Promise(() => undefined));
  feed.start(0);
  await feed.push(batch(0));
  expect(feed.isStalled(Date.now())).toBe(false);
  vi.advanceTimersByTime(6 * 60_000);
  expect(feed.isStalled(Date.now())).toBe(true);
  feed.beat();
  expect(feed.isStalled(Date.now())).toBe(false);
  vi.useRealTimers();
});
