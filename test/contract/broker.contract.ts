// What every broker behind the port must promise; run against the in-process twin and a real Kafka alike.
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Admin,
  type Broker,
  Fenced,
  type GroupConsumer,
  type OutRecord,
  type Partition,
  type Producer,
  type RecordBatch,
  Refused,
  Retryable,
} from "#adapters/broker-port.ts";
import { createRecorder, type Recorder } from "./broker-recorder.ts";

export interface BrokerUnderTest extends AsyncDisposable {
  connect(): Promise<Broker>;
  /** The next reply to such a request is lost after the broker did what it asks. */
  loseReply(kind: "send" | "commit"): void;
  goAway(): void;
  comeBack(): void;
  /** The group forgets its first member, which does not know yet. */
  expireMember(group: string): Promise<void>;
}

/** Long enough for a slow machine, short enough to fail the same day. */
const patience = { timeout: 20_000, interval: 5 };
const until = <T>(look: () => T): Promise<T> => vi.waitFor(look, patience);

const logAppendTime = { "message.timestamp.type": "LogAppendTime", "cleanup.policy": "delete" };

const numbered = (partition: Partition, count: number, from = 0): OutRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    ...partition,
    key: `k${from + i}`,
    value: Buffer.from(String(from + i)),
  }));

const integers = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => String(from + i));

const numbersOf = (list: readonly { readonly partition: number }[]): number[] =>
  list.map(({ partition }) => partition).toSorted((a, b) => a - b);

/** Held, not only seen: a member that joined right after its topic was made may join again, and loses what it was told first. */
const holdsAll = (recorder: Recorder): Promise<void> =>
  until(() => expect(numbersOf(recorder.assigned.filter(({ ctx }) => ctx.live))).toEqual([0, 1, 2]));

/** First copies in order: what is left when every repetition is dropped. */
const distinct = (values: readonly string[]): string[] => [...new Set(values)];

const collect = async (batches: AsyncIterable<RecordBatch>): Promise<RecordBatch[]> => {
  const found: RecordBatch[] = [];
  for await (const batch of batches) found.push(batch);
  return found;
};

export const brokerContract = (name: string, open: () => Promise<BrokerUnderTest>): void => {
  describe(`the broker port on ${name}`, () => {
    let tested: BrokerUnderTest;
    let broker: Broker;
    let admin: Admin;
    let producer: Producer;
    let topic: string;
    let group: string;
    let opened: AsyncDisposableStack;
    let failures: Error[];

    const createTopic = async (partitions: number, config: Readonly<Record<string, string>> = {}): Promise<string> => {
      const created = `contract-${randomUUID()}`;
      await admin.createTopics([{ topic: created, partitions, config: { ...logAppendTime, ...config } }], 1);
      return created;
    };

    const join = (recorder: Recorder, topics: readonly string[] = [topic]): GroupConsumer => {
      const consumer = opened.use(broker.consumer({ group, topics, fail: (error) => failures.push(error) }));
      void consumer.run(recorder);
      return consumer;
    };

    const joined = async (recorder: Recorder): Promise<void> => {
      join(recorder);
      await holdsAll(recorder);
    };

    const at = (partition: number): Partition => ({ topic, partition });

    beforeEach(async () => {
      opened = new AsyncDisposableStack();
      tested = opened.use(await open());
      broker = opened.use(await tested.connect());
      admin = opened.use(await broker.admin());
      producer = opened.use(await broker.producer());
      topic = await createTopic(3);
      group = `contract-${randomUUID()}`;
      failures = [];
    });

    afterEach(async () => {
      await opened.disposeAsync();
    });

    describe("sending", () => {
      test("what was sent is read back as it was, stamped by the broker", async () => {
        const before = Date.now();
        await producer.send([
          { ...at(0), key: "text key", value: Buffer.from("one"), headers: { "rekeyed-from": "t:1:2:3", empty: "" } },
          { ...at(0), key: Buffer.from([0, 0, 0, 0]), value: Buffer.from([0, 255]) },
          { ...at(0), key: null, value: Buffer.alloc(0) },
          { ...at(0), key: "removed", value: null },
        ]);
        const records = (await collect(broker.reader().read(at(0), 0, 4))).flatMap((batch) => batch.records);
        expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
        expect(records.map(({ key }) => key)).toEqual([
          Buffer.from("text key"),
          Buffer.from([0, 0, 0, 0]),
          null,
          Buffer.from("removed"),
        ]);
        expect(records.map(({ value }) => value)).toEqual([
          Buffer.from("one"),
          Buffer.from([0, 255]),
          Buffer.alloc(0),
          null,
        ]);
        expect(records.map(({ headers }) => headers)).toEqual([{ "rekeyed-from": "t:1:2:3", empty: "" }, {}, {}, {}]);
        for (const { appendTs } of records) {
          expect(appendTs).toBeGreaterThanOrEqual(before - 1000);
          expect(appendTs).toBeLessThanOrEqual(Date.now() + 1000);
        }
      });

      test("thousands of records over partitions arrive whole and in order", async () => {
        const sends = Array.from({ length: 20 }, (_, i) =>
          producer.send([0, 1, 2].flatMap((partition) => numbered(at(partition), 500, i * 500))),
        );
        await Promise.all(sends);
        for (const partition of [0, 1, 2]) {
          const { end } = (await admin.offsets(topic)).get(partition) ?? { end: 0 };
          const batches = await collect(broker.reader().read(at(partition), 0, end));
          const values = batches.flatMap(({ records }) => records).map(({ value }) => String(value));
          expect(distinct(values)).toEqual(integers(10_000));
        }
      });

      test("a lost reply may leave copies, but every record is there and first copies are in order", async () => {
        tested.loseReply("send");
        await producer.send(numbered(at(0), 50));
        await producer.send(numbered(at(0), 50, 50));
        const { end } = (await admin.offsets(topic)).get(0) ?? { end: 0 };
        const batches = await collect(broker.reader().read(at(0), 0, end));
        const values = batches.flatMap(({ records }) => records).map(({ value }) => String(value));
        expect(distinct(values)).toEqual(integers(100));
      });

      test("a record that is too large is refused, and what is sent beside it is not", async () => {
        const small = await createTopic(1, { "max.message.bytes": "20000" });
        const outcomes = await Promise.allSettled([
          producer.send(numbered(at(0), 10)),
          producer.send([{ topic: small, partition: 0, key: null, value: Buffer.alloc(30_000) }]),
          producer.send(numbered(at(1), 10)),
          // Together larger than the limit, each within it: they must be sent apart.
          producer.send(integers(10).map(() => ({ topic: small, partition: 0, key: null, value: Buffer.alloc(9000) }))),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
        expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(Refused);
        const batches = await collect(broker.reader().read({ topic: small, partition: 0 }, 0, 10));
        expect(batches.flatMap(({ records }) => records).map(({ value }) => value?.length)).toEqual(
          integers(10).map(() => 9000),
        );
      });

      test("a record for a partition that its topic does not have is refused, and what is sent beside it is not", async () => {
        const outcomes = await Promise.allSettled([
          producer.send(numbered(at(0), 10)),
          producer.send([...numbered(at(1), 10), ...numbered(at(99), 1)]),
          producer.send(numbered(at(2), 10)),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(Refused);
        expect(producer.failingSince).toBeNull();
      });

      test("while the broker is away a send waits, and goes through when it is back", async () => {
        await producer.send(numbered(at(0), 1));
        tested.goAway();
        const waiting = producer.send(numbered(at(0), 10, 1));
        const outcome = await Promise.race([waiting.then(() => "sent"), until(() => "still waiting")]);
        expect(outcome).toBe("still waiting");
        await until(() => expect(producer.failingSince).toEqual(expect.any(Number)));
        tested.comeBack();
        await waiting;
        expect(producer.failingSince).toBeNull();
        const { end } = (await admin.offsets(topic)).get(0) ?? { end: 0 };
        expect(end).toBeGreaterThanOrEqual(11);
      });

      test("an abort ends the wait of its send only", async () => {
        await producer.send(numbered(at(0), 1));
        tested.goAway();
        const stop = new AbortController();
        const aborted = producer.send(numbered(at(0), 1, 1), stop.signal);
        const other = producer.send(numbered(at(1), 1));
        const reason = new Error("no longer needed");
        stop.abort(reason);
        await expect(aborted).rejects.toBe(reason);
        tested.comeBack();
        await other;
      });

      test("nothing to send is sent at once", async () => {
        tested.goAway();
        await expect(producer.send([])).resolves.toBeUndefined();
      });
    });

    describe("reading by position", () => {
      test("a stretch is read exactly, though batches straddle its ends", async () => {
        await producer.send(numbered(at(1), 100));
        const batches = await collect(broker.reader().read(at(1), 17, 83));
        expect(batches.flatMap(({ records }) => records).map(({ offset }) => offset)).toEqual(
          integers(66, 17).map(Number),
        );
        expect(batches[0]?.firstOffset).toBe(17);
        expect(batches.at(-1)?.nextPosition).toBe(83);
        for (const [i, batch] of batches.entries())
          expect(batch.firstOffset).toBe(i === 0 ? 17 : batches[i - 1]?.nextPosition);
      });

      test("an empty stretch yields nothing", async () => {
        expect(await collect(broker.reader().read(at(1), 0, 0))).toEqual([]);
      });

      test("a stretch beyond the log's end is an error, not a wait for ever", async () => {
        await producer.send(numbered(at(1), 3));
        await expect(collect(broker.reader().read(at(1), 0, 5))).rejects.toBeInstanceOf(Retryable);
      });

      test("an abort ends it", async () => {
        await producer.send(numbered(at(1), 3));
        const reason = new Error("stop");
        await expect(collect(broker.reader().read(at(1), 0, 3, AbortSignal.abort(reason)))).rejects.toBe(reason);
      });
    });

    describe("a group member", () => {
      test("is told of each partition once, with nothing committed at first, before any record of it", async () => {
        await producer.send([0, 1, 2].flatMap((partition) => numbered(at(partition), 5)));
        const assignedBefore = new Map<number, boolean>();
        const recorder: Recorder = createRecorder({
          onBatch: ({ partition }) =>
            void assignedBefore.set(
              partition,
              recorder.assigned.some((one) => one.partition === partition),
            ),
        });
        join(recorder);
        await until(() => expect([0, 1, 2].map((partition) => recorder.values(partition).length)).toEqual([5, 5, 5]));
        expect(numbersOf(recorder.assigned)).toEqual([0, 1, 2]);
        expect([...assignedBefore.values()]).toEqual([true, true, true]);
        const offsets = await admin.offsets(topic);
        for (const { partition, committed } of recorder.assigned)
          expect(committed).toEqual({ offset: null, metadata: "", logStart: 0, end: offsets.get(partition)?.end });
      });

      test("begins where onAssigned says", async () => {
        await producer.send(numbered(at(0), 20));
        const recorder = createRecorder({ onAssigned: ({ partition }) => (partition === 0 ? 13 : 0) });
        join(recorder);
        await until(() => expect(recorder.records(0)[0]?.offset).toBe(13));
        await until(() => expect(recorder.values(0)).toContain("19"));
      });

      test("gets every record once, in order, in batches that follow one another without a gap", async () => {
        const recorder = createRecorder();
        join(recorder);
        for (let i = 0; i < 10; i++)
          await producer.send([0, 1, 2].flatMap((partition) => numbered(at(partition), 100, i * 100)));
        const offsets = await admin.offsets(topic);
        for (const partition of [0, 1, 2]) {
          const { end } = offsets.get(partition) ?? { end: 0 };
          await until(() => expect(recorder.records(partition)).toHaveLength(end));
          expect(recorder.values(partition)).toEqual(integers(1000));
          expect(recorder.records(partition).map(({ offset }) => offset)).toEqual(integers(end).map(Number));
          let position = 0;
          for (const batch of recorder.batches.filter((one) => one.partition === partition)) {
            expect(batch.firstOffset).toBe(position);
            position = batch.nextPosition;
            expect(batch.highWatermark).toBeGreaterThanOrEqual(position);
          }
        }
        expect(recorder.mostAtOnce).toBe(1);
      });

      test("a slow partition holds up no other", async () => {
        const slow = Promise.withResolvers<void>();
        const recorder = createRecorder({
          onBatch: ({ partition }) => (partition === 0 ? slow.promise : undefined),
        });
        join(recorder);
        for (let i = 0; i < 20; i++)
          await producer.send([0, 1, 2].flatMap((partition) => numbered(at(partition), 50, i * 50)));
        await until(() => expect([recorder.values(1).length, recorder.values(2).length]).toEqual([1000, 1000]));
        expect(recorder.values(0)).toEqual([]);
        slow.resolve();
        await until(() => expect(recorder.values(0)).toEqual(integers(1000)));
      });

      test("keeps a paused partition's place and goes on from there", async () => {
        const recorder = createRecorder();
        const consumer = join(recorder);
        await producer.send(numbered(at(0), 10));
        await until(() => expect(recorder.values(0)).toHaveLength(10));
        consumer.pause(at(0));
        await producer.send([...numbered(at(0), 10, 10), ...numbered(at(1), 10)]);
        await until(() => expect(recorder.values(1)).toHaveLength(10));
        expect(recorder.values(0)).toHaveLength(10);
        consumer.resume(at(0));
        await until(() => expect(recorder.values(0)).toEqual(integers(20)));
      });

      test("gets the same batch again after Retryable, and nothing overtakes it", async () => {
        let refusals = 3;
        const seen: string[] = [];
        const recorder = createRecorder({
          onBatch: ({ partition, firstOffset, records }) => {
            if (partition !== 0) return;
            seen.push(`${firstOffset}+${records.length}`);
            if (refusals-- > 0) throw new Retryable("the store is away");
          },
        });
        join(recorder);
        await producer.send(numbered(at(0), 10));
        await until(() => expect(recorder.values(0)).toEqual(integers(10)));
        expect(distinct(seen.slice(0, 4))).toHaveLength(1);
        expect(failures).toEqual([]);
      });

      test("a bug in a handler fails the process and hands over nothing more", async () => {
        const bug = new TypeError("undefined is not a function");
        const recorder = createRecorder({
          onBatch: () => {
            throw bug;
          },
        });
        join(recorder);
        await producer.send(numbered(at(0), 10));
        await until(() => expect(failures).toEqual([bug]));
        await producer.send(numbered(at(1), 10));
        expect(recorder.batches).toEqual([]);
      });

      test("a start outside the log is refused instead of replaced", async () => {
        await producer.send(numbered(at(0), 5));
        join(createRecorder({ onAssigned: ({ partition }) => (partition === 0 ? 9 : 0) }));
        await until(() => expect(failures).toHaveLength(1));
        expect(failures[0]).toMatchObject({ code: "position_refused" });
      });

      test("reports its partitions and that it lives", async () => {
        const consumer = join(createRecorder());
        await until(() => expect(consumer.activity().assigned).toHaveLength(3));
        const activity = consumer.activity();
        expect(activity.joined).toBe(true);
        expect(activity.stalled).toEqual([]);
        expect(Date.now() - activity.lastHeartbeat).toBeLessThan(15_000);
      });
    });

    describe("committing", () => {
      test("stores position and metadata, also outside a handler", async () => {
        await producer.send(numbered(at(0), 10));
        const recorder = createRecorder();
        await joined(recorder);
        await recorder.ctx(0).commit(7, '{"v":1,"pend":[7,9]}');
        expect((await admin.committed(group, topic)).get(0)).toEqual({ offset: 7, metadata: '{"v":1,"pend":[7,9]}' });
        expect((await admin.committed(group, topic)).get(1)).toEqual({ offset: null, metadata: "" });
      });

      test("the same position can be committed again with other metadata", async () => {
        const recorder = createRecorder();
        await joined(recorder);
        await recorder.ctx(0).commit(0, "intent");
        await recorder.ctx(0).commit(0, "done");
        expect((await admin.committed(group, topic)).get(0)).toEqual({ offset: 0, metadata: "done" });
      });

      test("metadata of 4,000 bytes is stored whole; a byte more is refused before it is sent", async () => {
        const recorder = createRecorder();
        await joined(recorder);
        await recorder.ctx(0).commit(0, "x".repeat(4000));
        await expect(recorder.ctx(0).commit(0, `${"x".repeat(3999)}é`)).rejects.toBeInstanceOf(RangeError);
        expect((await admin.committed(group, topic)).get(0)?.metadata).toHaveLength(4000);
      });

      test("works while onAssigned still restores", async () => {
        const recorder = createRecorder({
          onAssigned: async ({ partition }, { logStart }, ctx) => {
            await ctx.commit(logStart, `try ${partition}`);
            return logStart;
          },
        });
        await joined(recorder);
        expect((await admin.committed(group, topic)).get(2)).toEqual({ offset: 0, metadata: "try 2" });
      });

      test("a lost reply is Retryable, and the same commit again settles it", async () => {
        const recorder = createRecorder();
        await joined(recorder);
        await recorder.ctx(1).commit(0, "before");
        tested.loseReply("commit");
        await expect(recorder.ctx(1).commit(0, "after")).rejects.toBeInstanceOf(Retryable);
        await until(async () => {
          await recorder.ctx(1).commit(0, "after");
        });
        expect((await admin.committed(group, topic)).get(1)).toEqual({ offset: 0, metadata: "after" });
      });

      test("a successor is handed what was committed", async () => {
        await producer.send(numbered(at(0), 10));
        const first = createRecorder();
        const consumer = join(first);
        await holdsAll(first);
        await first.ctx(0).commit(4, "four");
        await consumer[Symbol.asyncDispose]();
        const second = createRecorder();
        await joined(second);
        const { committed } = second.assigned.find(({ partition }) => partition === 0) ?? {};
        expect(committed).toMatchObject({ offset: 4, metadata: "four", logStart: 0 });
        await until(() => expect(second.records(0)[0]?.offset).toBe(4));
      });
    });

    describe("losing partitions", () => {
      test("a second member takes a share; what moved is lost, every earlier epoch is fenced", async () => {
        const first = createRecorder();
        const second = createRecorder();
        join(first);
        await holdsAll(first);
        const early = first.assigned.map(({ ctx }) => ctx);
        join(second);
        await until(() => expect(second.assigned.length).toBeGreaterThan(0));
        await until(() => expect(first.assigned.length).toBeGreaterThan(3));
        expect(early.map(({ live }) => live)).toEqual([false, false, false]);
        for (const ctx of early) {
          await expect(ctx.commit(0, "too late")).rejects.toBeInstanceOf(Fenced);
          await expect(ctx.heartbeat()).rejects.toBeInstanceOf(Fenced);
        }
        await until(() => {
          const now = [...first.assigned.slice(3), ...second.assigned].filter(({ ctx }) => ctx.live);
          expect(numbersOf(now)).toEqual([0, 1, 2]);
        });
        const moved = second.assigned.filter(({ ctx }) => ctx.live).map(({ partition }) => partition);
        expect(first.lost.map(({ partition }) => partition)).toEqual(expect.arrayContaining(moved));
        expect((await admin.committed(group, topic)).get(0)?.offset).toBeNull();
      });

      test("partitions stay with their owner when another member comes and goes", async () => {
        const first = createRecorder();
        join(first);
        await holdsAll(first);
        const second = createRecorder();
        const passing = join(second);
        await until(() => expect(second.assigned.some(({ ctx }) => ctx.live)).toBe(true));
        expect(second.assigned.filter(({ ctx }) => ctx.live)).toHaveLength(1);
        await passing[Symbol.asyncDispose]();
        await holdsAll(first);
      });

      test("what is committed on release reaches the successor", async () => {
        await producer.send(numbered(at(0), 10));
        const first = createRecorder({
          onRelease: async ({ partition }, ctx) => {
            if (partition === 0) await ctx.commit(10, "flushed");
          },
        });
        const consumer = join(first);
        await until(() => expect(first.values(0)).toHaveLength(10));
        await consumer[Symbol.asyncDispose]();
        expect((await admin.committed(group, topic)).get(0)).toEqual({ offset: 10, metadata: "flushed" });
        expect(numbersOf(first.lost)).toEqual([0, 1, 2]);
      });

      test("an expired member cannot commit, and comes back with a new epoch", async () => {
        await producer.send(numbered(at(0), 10));
        const recorder = createRecorder();
        join(recorder);
        await until(() => expect(recorder.values(0)).toHaveLength(10));
        const zombie = recorder.ctx(0);
        await tested.expireMember(group);
        await expect(zombie.commit(10, "from the grave")).rejects.toBeInstanceOf(Fenced);
        expect((await admin.committed(group, topic)).get(0)?.offset).toBeNull();
        await until(() => expect(recorder.assigned.length).toBeGreaterThanOrEqual(6));
        await recorder.ctx(0).commit(10, "alive");
        expect((await admin.committed(group, topic)).get(0)).toEqual({ offset: 10, metadata: "alive" });
      });

      test("a closed consumer has left the group, and its commits are fenced", async () => {
        const recorder = createRecorder();
        const consumer = join(recorder);
        await holdsAll(recorder);
        expect(await admin.members(group)).toBe(1);
        await consumer[Symbol.asyncDispose]();
        expect(await admin.members(group)).toBe(0);
        await expect(recorder.ctx(0).commit(0, "")).rejects.toBeInstanceOf(Fenced);
      });

      test("a consumer outlives an outage of the broker", async () => {
        const recorder = createRecorder();
        join(recorder);
        await producer.send(numbered(at(0), 5));
        await until(() => expect(recorder.values(0)).toHaveLength(5));
        tested.goAway();
        const waiting = producer.send(numbered(at(0), 5, 5));
        tested.comeBack();
        await waiting;
        await until(() => expect(recorder.values(0)).toEqual(integers(10)));
        expect(failures).toEqual([]);
      });
    });

    describe("administration", () => {
      test("creates only what is missing and says what it made", async () => {
        const fresh = `contract-${randomUUID()}`;
        const table = [
          { topic, partitions: 3, config: logAppendTime },
          { topic: fresh, partitions: 2, config: logAppendTime },
        ];
        expect(await admin.createTopics(table, 1)).toEqual([fresh]);
        expect(await admin.createTopics(table, 1)).toEqual([]);
        expect(await admin.verifyTopics(table)).toEqual([]);
        expect((await admin.topics()).get(fresh)).toBe(2);
      });

      test("names each difference from the table", async () => {
        const other = await createTopic(2, { "message.timestamp.type": "CreateTime", "cleanup.policy": "compact" });
        const wanted = { partitions: 3, config: { ...logAppendTime, "max.message.bytes": "2097152" } };
        expect(
          await admin.verifyTopics([
            { topic: "contract-missing", ...wanted },
            { topic: other, ...wanted },
          ]),
        ).toEqual([
          "topic contract-missing does not exist",
          `topic ${other} has 2 partitions, not 3`,
          `topic ${other} has message.timestamp.type=CreateTime, not LogAppendTime`,
          `topic ${other} has cleanup.policy=compact, not delete`,
          expect.stringMatching(new RegExp(`^topic ${other} has max.message.bytes=.*, less than 2097152$`)),
        ]);
      });

      test("a deleted topic is gone, and what was committed for it", async () => {
        await admin.setCommitted(group, at(0), 0, "old");
        await admin.deleteTopics([topic, "contract-never-was"]);
        expect(await admin.verifyTopics([{ topic, partitions: 3, config: {} }])).toEqual([
          `topic ${topic} does not exist`,
        ]);
        await admin.createTopics([{ topic, partitions: 3, config: logAppendTime }], 1);
        await until(async () => expect((await admin.committed(group, topic)).get(0)?.offset).toBeNull());
      });

      test("finds log bounds, and offsets by append time; beyond the end it is the end", async () => {
        await producer.send(numbered(at(0), 5));
        const { end } = (await admin.offsets(topic)).get(0) ?? { end: 0 };
        expect(end).toBeGreaterThanOrEqual(5);
        expect((await admin.offsets(topic)).get(1)).toEqual({ start: 0, end: 0 });
        expect((await admin.offsetsAt(topic, 1)).get(0)).toBe(0);
        expect((await admin.offsetsAt(topic, Date.now() + 3_600_000)).get(0)).toBe(end);
        expect((await admin.offsetsAt(topic, 1)).get(1)).toBe(0);
      });

      test("sets an offset with its metadata, but only for a group without members", async () => {
        await admin.setCommitted(group, at(1), 0, "kept");
        expect((await admin.committed(group, topic)).get(1)).toEqual({ offset: 0, metadata: "kept" });
        const recorder = createRecorder();
        join(recorder);
        await holdsAll(recorder);
        await expect(admin.setCommitted(group, at(1), 0, "overwritten")).rejects.toBeInstanceOf(Fenced);
      });
    });
  });
};
