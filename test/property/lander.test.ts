// Whatever dies, lies or comes twice: every row lands exactly once, and `landings` has neither gap nor overlap.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interaction, signal } from "#lander/test-records.ts";
import type { TableName } from "#schemas/clickhouse/tables.ts";
import { createWorld, group, topics } from "./lander-world.ts";

type World = ReturnType<typeof createWorld>;

/** Good, malformed and refused records in `signals`, ticks in `interactions`, hidden offsets. */
const publish = async (world: World, count: number): Promise<void> => {
  const { codecs, scheduler, twin, oneIn } = world;
  await using broker = twin.connect();
  await using producer = await broker.producer();
  for (let index = 0; index < count; index += 1) {
    const partition = scheduler.integer(0, 1);
    if (oneIn(12)) twin.hideOffsets({ topic: topics.signals.topic, partition }, 2);
    if (oneIn(8)) {
      const value = codecs.encode("interactions", interaction({ event_id: `tick-${index}`, type: "tick" }));
      await producer.send([{ topic: topics.interactions.topic, partition, key: null, value }]);
    }
    // No column takes a negative revision: its table refuses the row.
    const value = codecs.encode("signals", signal({ event_id: `signal-${index}`, revision: oneIn(25) ? -1 : 1 }));
    const cut = oneIn(15) ? value.subarray(0, 20) : value;
    await producer.send([{ topic: topics.signals.topic, partition, key: "s", value: cut }]);
  }
};

/** Keeps two landers alive until everything is landed and acknowledged. */
const landAll = async (world: World, done: () => boolean): Promise<void> => {
  const { twin, scheduler, oneIn, pick } = world;
  await using broker = twin.connect();
  await using admin = await broker.admin();
  const settled = async (): Promise<boolean> => {
    for (const { topic } of Object.values(topics)) {
      const committed = await admin.committed(group, topic);
      for (const [partition, { end }] of await admin.offsets(topic)) {
        const { offset, metadata } = committed.get(partition) ?? {};
        if ((offset ?? 0) < end || metadata?.includes("pend") === true) return false;
      }
    }
    return true;
  };

  const landers = await Promise.all([world.startLander(), world.startLander()]);
  for (let round = 0; !(done() && (await settled())); round += 1) {
    if (round > 3000) throw new Error("the landers do not get on");
    await scheduler.turns(5);
    if (oneIn(150)) twin.faults.expireMember(group);
    if (oneIn(150)) twin.faults.rejoin(group);
    if (oneIn(40)) twin.faults.order("commit", pick("fail", "drop"));
    if (oneIn(40)) twin.faults.order("send", pick("fail", "part", "drop", "repeat"));
    for (const [index, lander] of landers.entries()) if (lander.dead) landers[index] = await world.startLander();
  }
  await Promise.all(landers.map((lander) => lander.stop()));
};

const checkLandings = (world: World, ends: ReadonlyMap<string, number>): void => {
  const next = new Map<string, number>();
  const ranges = world.rowsOf("landings").toSorted((a, b) => Number(a["first"]) - Number(b["first"]));
  for (const { topic, partition, first, last } of ranges) {
    const lane = `${String(topic)}:${String(partition)}`;
    expect(first, lane).toBe(next.get(lane) ?? 0);
    next.set(lane, Number(last) + 1);
  }
  for (const [lane, end] of ends) expect(next.get(lane) ?? 0, lane).toBe(end);
};

const endsOf = async (world: World): Promise<Map<string, number>> => {
  await using broker = world.twin.connect();
  await using admin = await broker.admin();
  const ends = new Map<string, number>();
  for (const { topic } of Object.values(topics))
    for (const [partition, { end }] of await admin.offsets(topic)) ends.set(`${topic}:${partition}`, end);
  return ends;
};

const logOf = async (world: World, topic: string) => {
  await using broker = world.twin.connect();
  await using admin = await broker.admin();
  const found: { readonly id: string; readonly value: Buffer | null }[] = [];
  for (const [partition, { start, end }] of await admin.offsets(topic))
    for await (const batch of broker.reader().read({ topic, partition }, start, end))
      for (const { offset, value } of batch.records) found.push({ id: `${topic}:${partition}:${offset}`, value });
  return found;
};

/** Sorted places of the records of `signals`: those that must become rows, and those that must be rejected. */
const expectedOf = async (world: World) => {
  const log = await logOf(world, topics.signals.topic);
  const isGood = (value: Buffer | null): boolean => {
    const decoded = world.codecs.decode("signals", value);
    return decoded.kind === "record" && decoded.record.revision > 0;
  };
  return {
    good: log.flatMap(({ id, value }) => (isGood(value) ? [id] : [])).toSorted(byText),
    bad: log.flatMap(({ id, value }) => (isGood(value) ? [] : [id])).toSorted(byText),
  };
};

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const placesIn = (world: World, table: TableName): string[] =>
  world
    .rowsOf(table)
    .map((row) => `${String(row["_topic"])}:${String(row["_partition"])}:${String(row["_offset"])}`)
    .toSorted(byText);

describe("landing", () => {
  it("puts every row in once, whatever dies when", async () => {
    const odds = fc.record({ storeFault: fc.constantFrom(0, 4, 12), crash: fc.constantFrom(0, 25, 100) });
    await fc.assert(
      fc.asyncProperty(fc.integer(), odds, async (seed, given) => {
        const world = createWorld(seed, given);
        await using broker = world.twin.connect();
        await using admin = await broker.admin();
        await admin.createTopics(Object.values(topics), 1);

        let published = false;
        const publishing = publish(world, 100).then(() => {
          published = true;
        });
        await landAll(world, () => published);
        await publishing;

        expect(world.failures).toEqual([]);
        const { good, bad } = await expectedOf(world);
        expect(placesIn(world, "signals")).toEqual(good);
        const rejects = await logOf(world, topics.rejects.topic);
        expect(placesIn(world, "reject_rows")).toEqual(rejects.map(({ id }) => id).toSorted(byText));
        const rejected = new Set(world.rowsOf("reject_rows").map((row) => String(row["reject_id"])));
        expect([...rejected].toSorted(byText)).toEqual(bad);
        checkLandings(world, await endsOf(world));
      }),
      { numRuns: 25 },
    );
  });

  it("takes up what retention left of a pending range, under a token of its own", async () => {
    const world = createWorld(7, { storeFault: 0, crash: 0 });
    const partition = { topic: topics.signals.topic, partition: 0 };
    await using broker = world.twin.connect();
    await using admin = await broker.admin();
    await using producer = await broker.producer();
    await admin.createTopics(Object.values(topics), 1);
    const values = Array.from({ length: 9 }, (_, index) =>
      world.codecs.encode("signals", signal({ event_id: `id-${index}` })),
    );
    await producer.send(values.map((value) => ({ ...partition, key: "s", value })));
    await admin.setCommitted(group, partition, 2, '{"v":1,"inc":1,"pend":[2,6]}');
    world.twin.truncate(partition, 4);

    await landAll(world, () => true);
    expect(world.rowsOf("signals").map((row) => row["_offset"])).toEqual([4, 5, 6, 7, 8]);
    expect(world.rowsOf("landings").map((row) => row["token"])).toEqual(["1/t.signals:0:4-6", "1/t.signals:0:7-8"]);
  });
});
