// A real Kafka behind kafkajs keeps the broker contract, and what only a real one can do wrong is dealt with.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Admin, Broker, Partition, Producer, RecordBatch } from "#adapters/broker-port.ts";
import { createKafkaAdmin, type KafkaOptions } from "#adapters/kafka/client.ts";
import { createClusterHandle } from "#adapters/kafka/cluster.ts";
import { connectKafka } from "#adapters/kafka/connect.ts";
import { silentLogger } from "#runtime/logger.ts";
import { stackSettings } from "#test/helpers/stack.ts";
import { type BrokerUnderTest, brokerContract } from "./broker.contract.ts";
import { apiKeys, openFaultProxy } from "./broker-proxy.ts";
import { createRecorder } from "./broker-recorder.ts";

const direct = (): KafkaOptions => ({
  brokers: stackSettings().KAFKA_BROKERS,
  clientId: "contract",
  log: silentLogger,
});

interface Leaving {
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<void>;
}

const openReal = async (): Promise<BrokerUnderTest> => {
  const stack = new AsyncDisposableStack();
  const proxy = stack.use(await openFaultProxy());
  const cluster = stack.use(createClusterHandle(direct()));
  return {
    connect: () => connectKafka({ ...direct(), socketFactory: proxy.socketFactory }),
    loseReply: (kind) => proxy.loseReply(kind === "send" ? apiKeys.produce : apiKeys.offsetCommit),
    goAway: () => proxy.goAway(),
    comeBack: () => proxy.comeBack(),
    // Whoever knows a member's id may take it out of the group behind its back.
    expireMember: (group) =>
      cluster.use("expiring a member", 10_000, async ({ cluster: open }) => {
        const coordinator = await open.findGroupCoordinator({ groupId: group });
        const { groups } = await coordinator.describeGroups({ groupIds: [group] });
        const [{ memberId }] = groups[0].members as [{ memberId: string }];
        await (coordinator as unknown as Leaving).leaveGroup({ groupId: group, memberId });
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};

brokerContract("a real Kafka", openReal);

/** Unpatched kafkajs in a process of its own: the foreign producer. Sends a, aborts b, commits c, in three transactions. */
const foreignTransactions = `
  const { Kafka, logLevel } = require("kafkajs");
  const [brokers, topic] = process.argv.slice(1);
  (async () => {
    const kafka = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    for (const [value, end] of [["a", "commit"], ["b", "abort"], ["c", "commit"], ["d", "abort"]]) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: Array.from({ length: 3 }, () => ({ key: Buffer.alloc(4), value, partition: 0 })) });
      await transaction[end]();
    }
    process.exit(0);
  })().catch((error) => { console.error(error); process.exit(1); });
`;

const valuesOf = (batches: readonly RecordBatch[]): string[] =>
  batches.flatMap(({ records }) => records.map(({ value }) => String(value)));

describe("a real Kafka's own ways", () => {
  let opened: AsyncDisposableStack;
  let broker: Broker;
  let admin: Admin;
  let producer: Producer;
  let topic: string;

  const at = (partition: number): Partition => ({ topic, partition });
  const create = (config: Readonly<Record<string, string>> = {}): Promise<readonly string[]> =>
    admin.createTopics([{ topic, partitions: 2, config: { "message.timestamp.type": "LogAppendTime", ...config } }], 1);
  const send = (...values: readonly string[]): Promise<void> =>
    producer.send(values.map((value) => ({ ...at(0), key: null, value: Buffer.from(value) })));
  const read = async (partition: Partition, from: number, to: number): Promise<RecordBatch[]> => {
    const batches: RecordBatch[] = [];
    for await (const batch of broker.reader().read(partition, from, to)) batches.push(batch);
    return batches;
  };
  beforeEach(async () => {
    opened = new AsyncDisposableStack();
    broker = opened.use(await connectKafka(direct()));
    admin = opened.use(await broker.admin());
    producer = opened.use(await broker.producer());
    topic = `contract-${randomUUID()}`;
  });
  afterEach(() => opened.disposeAsync());

  test.for(["gzip", "snappy", "lz4", "zstd"])("batches that Java compressed with %s are read", async (compression) => {
    // The topic's setting makes the broker compress anew, with the libraries every Java producer uses.
    await create({ "compression.type": compression });
    const values = Array.from({ length: 3000 }, (_, i) => `${i} ${"the same words again ".repeat(20)}`);
    await send(...values);
    expect(valuesOf(await read(at(0), 0, 3000))).toEqual(values);
  });

  test("an aborted transaction is not shown, and its markers are passed over", async () => {
    await create();
    await promisify(execFile)(process.execPath, ["-e", foreignTransactions, direct().brokers, topic]);
    const { end } = (await admin.offsets(topic)).get(0) ?? { end: 0 };
    // Four times three records and a marker.
    expect(end).toBe(16);
    const batches = await read(at(0), 0, end);
    expect(valuesOf(batches)).toEqual(["a", "a", "a", "c", "c", "c"]);
    expect(batches.at(-1)?.nextPosition).toBe(16);
    // From the middle of an aborted one.
    expect(valuesOf(await read(at(0), 5, end))).toEqual(["c", "c", "c"]);

    const recorder = createRecorder();
    const consumer = opened.use(broker.consumer({ group: topic, topics: [topic], fail: () => undefined }));
    await consumer.run(recorder);
    await vi.waitFor(() => expect(recorder.batches.at(-1)?.nextPosition).toBe(16), 10_000);
    expect(recorder.records(0).map(({ value }) => String(value))).toEqual(["a", "a", "a", "c", "c", "c"]);
  });

  test("a consumer that lost the broker for long joins again with a fresh client", async () => {
    await create();
    const proxy = opened.use(await openFaultProxy());
    const shaky = opened.use(await connectKafka({ ...direct(), socketFactory: proxy.socketFactory }));
    const recorder = createRecorder();
    const failures: Error[] = [];
    const consumer = shaky.consumer({ group: topic, topics: [topic], fail: (error) => failures.push(error) });
    await consumer.run(recorder);
    await send("before");
    await vi.waitFor(() => expect(recorder.values(0)).toEqual(["before"]), 10_000);
    proxy.goAway();
    // kafkajs gives up after its retries; until then it believes that it is a member.
    await vi.waitFor(() => expect(consumer.activity().joined).toBe(false), { timeout: 60_000, interval: 100 });
    expect(recorder.lost.length).toBe(2);
    await send("meanwhile");
    proxy.comeBack();
    await vi.waitFor(() => expect(recorder.values(0)).toContain("meanwhile"), 30_000);
    expect(failures).toEqual([]);
  });

  test("a position that retention takes away ends the process; it is not replaced, and its metadata stays", async () => {
    await create();
    await send("1", "2", "3", "4");
    const failures: Error[] = [];
    const recorder = createRecorder();
    const consumer = opened.use(
      broker.consumer({ group: topic, topics: [topic], fail: (error) => failures.push(error) }),
    );
    await consumer.run(recorder);
    await vi.waitFor(() => expect(recorder.values(0)).toHaveLength(4), 10_000);
    await recorder.ctx(0).commit(4, "precious");
    consumer.pause(at(0));
    await send("5", "6", "7", "8");
    const raw = createKafkaAdmin(direct());
    await raw.connect();
    await raw.fetchTopicOffsets(topic); // loads the metadata that the next call takes for granted
    await raw.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "7" }] });
    await raw.disconnect();
    consumer.resume(at(0));
    await vi.waitFor(() => expect(failures).toHaveLength(1), 20_000);
    expect(failures[0]).toMatchObject({ code: "position_refused" });
    expect((await admin.committed(topic, topic)).get(0)).toEqual({ offset: 4, metadata: "precious" });
  });

  test("a missing topic ends the process with the cure", async () => {
    const failures: Error[] = [];
    const consumer = opened.use(
      broker.consumer({ group: topic, topics: ["contract-nowhere"], fail: (error) => failures.push(error) }),
    );
    void consumer.run(createRecorder());
    await vi.waitFor(() => expect(failures).toHaveLength(1), 30_000);
    expect(failures[0]).toMatchObject({ code: "missing_topic" });
  });

  test("a dense batch of 300,000 records is no stack overflow", async () => {
    await create({ "max.message.bytes": "8388608" });
    const empty = Buffer.alloc(0);
    await producer.send(Array.from({ length: 300_000 }, () => ({ ...at(0), key: null, value: empty })));
    const count = (await read(at(0), 0, 300_000)).reduce((sum, { records }) => sum + records.length, 0);
    expect(count).toBe(300_000);
  });
});
