// The in-process twin keeps the broker contract, whatever the seed, and does to order what a real one does rarely.
import { describe, expect, test, vi } from "vitest";
import { type Broker, Fenced, type OutRecord, type Partition, type RecordBatch } from "#adapters/broker-port.ts";
import { createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from "#adapters/memory/broker.ts";
import { type BrokerUnderTest, brokerContract } from "./broker.contract.ts";
import { createRecorder } from "./broker-recorder.ts";

const openTwin = (seed: number) => async (): Promise<BrokerUnderTest> => {
  const twin = createMemoryBroker({ seed, maxBatch: 40 });
  return {
    connect: async () => twin.connect(),
    loseReply: (kind) => twin.faults.order(kind, "drop"),
    goAway: () => twin.faults.goAway(),
    comeBack: () => twin.faults.comeBack(),
    expireMember: async (group) => twin.faults.expireMember(group),
    [Symbol.asyncDispose]: async () => undefined,
  };
};

for (const seed of [1, 2, 3]) brokerContract(`the in-process twin, seed ${seed}`, openTwin(seed));

const topic = "t";
const at = (partition: number): Partition => ({ topic, partition });
const sent = (partition: number, ...values: readonly string[]): OutRecord[] =>
  values.map((value) => ({ topic, partition, key: null, value: Buffer.from(value) }));

const letters = (count: number): string[] => Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));

interface Opened extends AsyncDisposable {
  readonly twin: MemoryBroker;
  readonly broker: Broker;
  readonly send: (records: readonly OutRecord[]) => Promise<void>;
  readonly read: (partition: number) => Promise<RecordBatch[]>;
  readonly values: (partition: number) => Promise<string[]>;
}

const open = async (options: MemoryBrokerOptions = {}): Promise<Opened> => {
  const twin = createMemoryBroker(options);
  const broker = twin.connect();
  const admin = await broker.admin();
  await admin.createTopics([{ topic, partitions: 2, config: {} }], 1);
  const producer = await broker.producer();
  const read = async (partition: number): Promise<RecordBatch[]> => {
    const { start, end } = (await admin.offsets(topic)).get(partition) ?? { start: 0, end: 0 };
    const batches: RecordBatch[] = [];
    for await (const batch of broker.reader().read(at(partition), start, end)) batches.push(batch);
    return batches;
  };
  return {
    twin,
    broker,
    send: (records) => producer.send(records),
    read,
    values: async (partition) =>
      (await read(partition)).flatMap(({ records }) => records.map(({ value }) => String(value))),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
};

describe("the twin's faults to order", () => {
  test("a send whose reply is lost is written twice; a repeated request too; a failed one once", async () => {
    await using opened = await open();
    const { twin, send, values } = opened;
    twin.faults.order("send", "drop");
    await send(sent(0, "a"));
    twin.faults.order("send", "repeat");
    await send(sent(0, "b"));
    twin.faults.order("send", "fail", "fail");
    await send(sent(0, "c"));
    expect(await values(0)).toEqual(["a", "a", "b", "b", "c"]);
  });

  test("a send of which only a part was written is written whole again", async () => {
    await using opened = await open();
    opened.twin.faults.order("send", "part");
    await opened.send(sent(0, "a", "b", "c", "d"));
    expect(await opened.values(0)).toEqual(["a", "b", "a", "b", "c", "d"]);
  });

  test("a re-join behind a running handler fences it, and hands over nothing before it has ended", async () => {
    await using opened = await open();
    const { twin, broker, send } = opened;
    const release = Promise.withResolvers<void>();
    let commit: unknown;
    const recorder = createRecorder({
      onBatch: async (_batch, ctx) => {
        if (commit !== undefined) return;
        await release.promise;
        commit = await ctx.commit(1, "old").catch((error: unknown) => error);
      },
    });
    await broker.consumer({ group: "g", topics: [topic], fail: () => undefined }).run(recorder);
    await send(sent(0, "a"));
    await twin.scheduler.turns(50);
    const before = recorder.assigned.length;
    twin.faults.rejoin("g");
    await twin.scheduler.turns(50);
    expect(recorder.assigned.filter(({ partition }) => partition === 0)).toHaveLength(before / 2);
    release.resolve();
    await vi.waitFor(() => expect(recorder.values(0)).toContain("a"));
    expect(commit).toBeInstanceOf(Fenced);
    expect(recorder.mostAtOnce).toBe(1);
    await recorder.ctx(0).commit(1, "new");
  });

  test("an expired member goes on for a while without knowing, and commits nothing", async () => {
    await using opened = await open({ maxBatch: 1 });
    const { twin, broker, send } = opened;
    const zombie = createRecorder();
    await broker.consumer({ group: "g", topics: [topic], fail: () => undefined }).run(zombie);
    await vi.waitFor(() => expect(zombie.assigned).toHaveLength(2));
    const { ctx } = zombie.assigned[0] ?? {};
    twin.faults.expireMember("g");
    expect(ctx?.live).toBe(true);
    await expect(ctx?.commit(0, "")).rejects.toBeInstanceOf(Fenced);
    await send(sent(0, "a"));
    await vi.waitFor(() => expect(zombie.assigned.length).toBe(4));
    expect(ctx?.live).toBe(false);
  });
});

describe("the twin's log", () => {
  test("hidden offsets are passed over in the position and never shown", async () => {
    await using opened = await open();
    const { twin, send, read } = opened;
    await send(sent(0, "a"));
    twin.hideOffsets(at(0), 2);
    await send(sent(0, "b"));
    twin.hideOffsets(at(0), 1);
    const batches = await read(0);
    expect(batches.flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([0, 3]);
    expect(batches.at(-1)?.nextPosition).toBe(5);
  });

  test("append time comes from the clock that was handed in, and never goes back", async () => {
    let now = 1000;
    await using opened = await open({ clock: () => now });
    const { send, read } = opened;
    await send(sent(0, "a"));
    now = 500;
    await send(sent(0, "b"));
    now = 2000;
    await send(sent(0, "c"));
    const stamps = (await read(0)).flatMap(({ records }) => records.map(({ appendTs }) => appendTs));
    expect(stamps).toEqual([1000, 1000, 2000]);
    await using admin = await opened.broker.admin();
    expect((await admin.offsetsAt(topic, 1001)).get(0)).toBe(2);
  });

  test("what retention took cannot be read any more", async () => {
    await using opened = await open();
    await opened.send(sent(0, "a", "b", "c"));
    opened.twin.truncate(at(0), 2);
    expect(await opened.values(0)).toEqual(["c"]);
    const gone = opened.broker.reader().read(at(0), 0, 3)[Symbol.asyncIterator]().next();
    await expect(gone).rejects.toMatchObject({ code: "position_refused" });
  });
});

/** What a consumer is told, in order, when three members share two partitions and one leaves. */
const history = async (seed: number): Promise<readonly string[]> => {
  await using opened = await open({ seed, maxBatch: 7 });
  const { broker, send } = opened;
  const told: string[] = [];
  const member = (name: string) => {
    const consumer = broker.consumer({ group: "g", topics: [topic], fail: () => undefined });
    const recorder = createRecorder({
      onAssigned: ({ partition }, { logStart, offset }) => {
        told.push(`${name} gets ${partition}`);
        return offset ?? logStart;
      },
      onBatch: async ({ partition, firstOffset, nextPosition }, ctx) => {
        told.push(`${name} reads ${partition}: ${firstOffset} to ${nextPosition}`);
        await ctx.commit(nextPosition, "");
      },
    });
    return { consumer, running: consumer.run(recorder) };
  };
  const members = ["a", "b", "c"].map(member);
  await Promise.all(members.map(({ running }) => running));
  await send([...sent(0, ...letters(16)), ...sent(1, ...letters(16))]);
  await opened.twin.scheduler.turns(200);
  await members[0]?.consumer[Symbol.asyncDispose]();
  await send(sent(0, ...letters(8)));
  await opened.twin.scheduler.turns(200);
  return told;
};

describe("the twin's seed", () => {
  test("decides the whole interleaving: same seed, same history; another seed, another", async () => {
    const one = await history(42);
    expect(one.length).toBeGreaterThan(10);
    expect(await history(42)).toEqual(one);
    expect(await history(43)).not.toEqual(one);
  });
});
