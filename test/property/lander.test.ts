// Whatever dies, lies or comes twice: every row lands exactly once, and `landings` has neither gap nor overlap.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SignalRecord } from "#schemas/generated/records.ts";
import { createWorld, group, topics } from "./lander-world.ts";

const signal = (id: string, tenant: string): SignalRecord => ({
  event_id: id,
  ts: 1_700_000_000_000,
  event_type: "implicit:copy",
  tenant,
  session_id: "s",
  detector_id: "copy",
  detector_version: "1",
  config_hash: "0",
  origin: "live",
  anchor: id,
  revision: 1,
  retracted: false,
  provenance_status: "resolved",
  source_topic: "t.interactions",
  source_partition: 0,
  source_first_offset: 0,
  source_last_offset: 0,
  schema_id: 1,
  event_value: null,
  response_id: null,
  user_id_hash: null,
  feature: null,
  segment: null,
  tier: null,
  device: null,
  locale: null,
  app_version: null,
  utc_offset_min: null,
  prompt_name: null,
  prompt_version: null,
  model: null,
  model_version: null,
  release: null,
  audit_id: null,
  window_start: null,
  window_end: null,
  evidence: '["a"]',
  grade: null,
  category: null,
  score: null,
  confidence: null,
  ambiguity: null,
});

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
      const value = codecs.encode("interactions", tickRecord(index));
      await producer.send([{ topic: topics.interactions.topic, partition, key: null, value }]);
    }
    const value = codecs.encode("signals", signal(`signal-${index}`, oneIn(25) ? "unfit" : "acme"));
    const cut = oneIn(15) ? value.subarray(0, 20) : value;
    await producer.send([{ topic: topics.signals.topic, partition, key: "s", value: cut }]);
  }
};

const tickRecord = (index: number) => ({
  event_id: `tick-${index}`,
  type: "tick",
  ts: 0,
  tenant: "",
  session_id: "",
  user_id_hash: null,
  response_id: null,
  text: null,
  value: null,
  label: null,
  feature: null,
  segment: null,
  tier: null,
  device: null,
  locale: null,
  app_version: null,
  utc_offset_min: null,
  prompt_name: null,
  prompt_version: null,
  model: null,
  model_version: null,
  release: null,
  audit_id: null,
  extra: null,
});

/** Keeps two landers alive until everything is landed and acknowledged. */
const landAll = async (world: World, done: () => boolean): Promise<void> => {
  const { twin, scheduler, oneIn } = world;
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
    if (oneIn(40)) twin.faults.order("commit", (["fail", "drop"] as const)[scheduler.integer(0, 1)] ?? "fail");
    if (oneIn(40))
      twin.faults.order("send", (["fail", "part", "drop", "repeat"] as const)[scheduler.integer(0, 3)] ?? "fail");
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
    return decoded.kind === "record" && decoded.record.tenant !== "unfit";
  };
  return {
    good: log.flatMap(({ id, value }) => (isGood(value) ? [id] : [])).toSorted(byText),
    bad: log.flatMap(({ id, value }) => (isGood(value) ? [] : [id])).toSorted(byText),
  };
};

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const placesIn = (world: World, table: string): string[] =>
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
      { numRuns: 50 },
    );
  });
});
