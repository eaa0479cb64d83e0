import { describe, expect, it } from "vitest";
import { Fenced } from "#adapters/broker-port.ts";
import { openFilling, type Packing, type Range } from "./block.ts";
import { createBudget } from "./budget.ts";
import { createLane, type LaneStart } from "./lane.ts";
import type { Reading } from "./read.ts";
import { logRecord } from "./test-records.ts";

const limits = { rows: 3, bytes: 1000, age: 300, backlogAge: 3000, rowlessAge: 2000, idle: 1000 };

const packing: Packing = {
  targets: [{ table: "signals", columns: ["a"] }],
  pack: (given) => ({ ...given, count: given.rows.length, content: null }),
};

const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** A lane whose landings end when the test says so, and whose clock the test moves. */
const openLane = (
  start: Partial<LaneStart> = {},
  read: (offset: number) => Reading | undefined = () => undefined,
  budget = createBudget(1_000_000),
) => {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const did: string[] = [];
  const failures: unknown[] = [];
  let end = Promise.withResolvers<void>();
  const lane = createLane(
    { at: 0, tries: 0, suspectUntil: 0, ...start },
    {
      inc: 1,
      open: (first) => openFilling(first, packing, limits),
      idle: limits.idle,
      budget,
      timers: {
        now: () => now,
        after(ms, run) {
          const timer = { at: now + ms, run };
          timers.push(timer);
          return () => {
            timers = timers.filter((one) => one !== timer);
          };
        },
      },
      read: (record) => read(record.offset) ?? { kind: "rows", rows: [[record.offset]] },
      landing: {
        land({ bounds, offsets }: Range, _, tries) {
          did.push(`land ${bounds.join("-")}, ${offsets.length} rows${tries ? `, try ${tries}` : ""}`);
          end = Promise.withResolvers();
          return end.promise;
        },
        acknowledge: async (position, _, tries) =>
          void did.push(`acknowledge ${position}${tries ? `, try ${tries}` : ""}`),
      },
      pause: () => void did.push("pause"),
      resume: () => void did.push("resume"),
      fail: (error) => void failures.push(error),
    },
  );
  return {
    lane,
    did,
    failures,
    take: (first: number, count: number, nextPosition = first + count) => {
      const records = Array.from({ length: count }, (_, index) => logRecord(first + index));
      lane.take({
        topic: "t",
        partition: 0,
        records,
        firstOffset: first,
        nextPosition,
        highWatermark: nextPosition,
      });
    },
    pass: async (ms: number) => {
      now += ms;
      for (const timer of timers.filter(({ at }) => at <= now)) {
        timers = timers.filter((one) => one !== timer);
        timer.run();
      }
      await settled();
    },
    landed: async () => {
      end.resolve();
      await settled();
    },
    broke: async (error: Error) => {
      end.reject(error);
      await settled();
    },
  };
};

describe("a lane", () => {
  it("lands an age after the first row, then acknowledges when nothing more comes", async () => {
    const { did, take, pass, landed } = openLane();
    take(0, 2);
    await pass(299);
    expect(did).toEqual([]);
    await pass(1);
    expect(did).toEqual(["land 0-1, 2 rows"]);
    await landed();
    await pass(1000);
    expect(did).toEqual(["land 0-1, 2 rows", "acknowledge 2"]);
  });

  it("lets the next range acknowledge the one before", async () => {
    const { did, take, pass, landed } = openLane();
    take(0, 1);
    await pass(300);
    await landed();
    take(1, 1);
    await pass(300);
    await landed();
    expect(did).toEqual(["land 0-0, 1 rows", "land 1-1, 1 rows"]);
  });

  it("cuts a batch where the range is full, and lands at once", () => {
    const { did, take } = openLane();
    take(0, 4);
    expect(did).toEqual(["land 0-2, 3 rows"]);
  });

  it("pauses when one range is in flight and the next is full, and goes on where it stopped", async () => {
    const { did, take, landed } = openLane();
    take(0, 8);
    expect(did).toEqual(["land 0-2, 3 rows", "pause"]);
    await landed();
    expect(did).toEqual(["land 0-2, 3 rows", "pause", "land 3-5, 3 rows", "resume"]);
  });

  it("waits while all lanes together hold too much, and goes on when another has landed", async () => {
    const budget = createBudget(2);
    const other = openLane({}, undefined, budget);
    const { did, take } = openLane({}, undefined, budget);
    other.take(0, 2);
    take(0, 1);
    expect(did).toEqual(["pause"]);
    await other.pass(300);
    await other.landed();
    expect(did).toEqual(["pause", "resume"]);
    expect(budget.used).toBe(1);
  });

  it("gives back what it held when it is lost", async () => {
    const budget = createBudget(100);
    const { lane, take, broke } = openLane({}, undefined, budget);
    take(0, 5);
    expect(budget.used).toBe(5);
    lane.lose();
    await broke(new Fenced("another member"));
    expect(budget.used).toBe(0);
  });

  it("counts hidden offsets into the range", async () => {
    const { did, take, pass } = openLane();
    take(0, 1, 9);
    await pass(300);
    expect(did).toEqual(["land 0-8, 1 rows"]);
  });

  it("gathers records without rows for longer", async () => {
    const { did, take, pass } = openLane({}, () => ({ kind: "skip" }));
    take(0, 1);
    await pass(300);
    take(1, 1);
    await pass(1699);
    expect(did).toEqual([]);
    await pass(1);
    expect(did).toEqual(["land 0-1, 0 rows"]);
  });

  it("waits with a record that cannot be read yet, and keeps the order", async () => {
    const known = Promise.withResolvers<void>();
    let resolved = false;
    const { did, take, pass } = openLane({}, (offset) =>
      offset === 1 && !resolved ? { kind: "wait", ready: () => known.promise } : undefined,
    );
    take(0, 3);
    await pass(300);
    expect(did).toEqual(["pause", "land 0-0, 1 rows"]);
    resolved = true;
    known.resolve();
    await pass(0);
    expect(did).toEqual(["pause", "land 0-0, 1 rows", "resume"]);
  });

  it("ends in order: the range in flight is acknowledged, the filling one is dropped", async () => {
    const { lane, did, take, landed } = openLane();
    take(0, 4);
    const closed = lane.close();
    await landed();
    await closed;
    expect(did).toEqual(["land 0-2, 3 rows", "acknowledge 3"]);
  });

  it("leaves the intent standing when an orderly end cuts the landing short", async () => {
    const { lane, did, failures, take, pass, landed, broke } = openLane();
    take(0, 1);
    await pass(300);
    await landed();
    take(1, 1);
    await pass(300);
    const closed = lane.close();
    await broke(new Fenced("took too long"));
    await closed;
    expect(did).toEqual(["land 0-0, 1 rows", "land 1-1, 1 rows"]);
    expect(failures).toEqual([]);
  });

  it("does nothing more once it is lost", async () => {
    const { lane, did, failures, take, pass, broke } = openLane();
    take(0, 4);
    lane.lose();
    await broke(new Fenced("another member"));
    await pass(5000);
    take(4, 1);
    expect(did).toEqual(["land 0-2, 3 rows"]);
    expect(failures).toEqual([]);
  });

  it("ends the process for what is neither outage nor loss", async () => {
    const { failures, take, broke } = openLane();
    take(0, 4);
    await broke(new TypeError("a bug"));
    expect(failures).toEqual([new TypeError("a bug")]);
  });

  it("takes the attempt back when a healthy partition stays idle", async () => {
    const { did, pass } = openLane({ at: 7, tries: 1, suspectUntil: 7 });
    await pass(1000);
    expect(did).toEqual(["acknowledge 7"]);
  });

  it("keeps the attempt until the last suspect record has landed", async () => {
    const { did, take, pass, landed } = openLane({ tries: 3, suspectUntil: 2 });
    take(0, 1);
    await pass(300);
    await landed();
    await pass(1000);
    take(1, 1);
    await pass(300);
    await landed();
    await pass(1000);
    expect(did).toEqual([
      "land 0-0, 1 rows, try 3",
      "acknowledge 1, try 3",
      "land 1-1, 1 rows, try 3",
      "acknowledge 2",
    ]);
  });
});
