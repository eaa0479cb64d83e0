// A send counts only when every partition of it is named in the reply; everything else is sent again, whole and in order.
import type { ProducerBatch, RecordMetadata } from "kafkajs";
import { expect, test } from "vitest";
import { type OutRecord, Refused, Retryable } from "#adapters/broker-port.ts";
import { createProducer } from "./producer.ts";

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };

const record = (partition: number, value: string): OutRecord => ({
  topic: "t",
  partition,
  key: null,
  value: Buffer.from(value),
});

/** Like kafkajs's: `type` and `retriable` as the protocol has them. */
const protocolError = (type: string, retriable: boolean): Error => Object.assign(new Error("…"), { type, retriable });

type Request = readonly { readonly partition: number; readonly value: string }[];
type Answer = (request: Request) => RecordMetadata[] | Error;

const partitionsOf = (request: Request): number[] => [...new Set(request.map(({ partition }) => partition))];

const acknowledge = (...partitions: readonly number[]): RecordMetadata[] =>
  partitions.map((partition) => ({ topicName: "t", partition, errorCode: 0 }));

const all: Answer = (request) => acknowledge(...partitionsOf(request));

/** A producer over a scripted broker: each request is answered by the next answer, the last one for ever. */
const scripted = (...answers: readonly Answer[]) => {
  const requests: Request[] = [];
  let clients = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  const sendBatch = async ({ topicMessages = [] }: ProducerBatch): Promise<RecordMetadata[]> => {
    const request = topicMessages.flatMap(({ messages }) =>
      messages.map(({ partition, value }) => ({ partition: partition ?? -1, value: String(value) })),
    );
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? all;
    requests.push(request);
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    await new Promise((done) => setImmediate(done));
    inFlight--;
    const reply = answer(request);
    if (reply instanceof Error) throw reply;
    return reply;
  };
  const producer = createProducer({
    log,
    open() {
      clients++;
      return { connect: async () => undefined, disconnect: async () => undefined, sendBatch };
    },
    topics: async () => new Map([["t", 2]]),
  });
  return { producer, requests, clients: () => clients, mostInFlight: () => mostInFlight };
};

const valuesOf = (requests: readonly Request[]): string[][] => requests.map((one) => one.map(({ value }) => value));

test("a reply that names not every partition is no success: the whole send goes again", async () => {
  const { producer, requests } = scripted(() => acknowledge(0), all);
  await producer.send([record(0, "a"), record(1, "b")]);
  expect(valuesOf(requests)).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
  expect(producer.failingSince).toBeNull();
});

test("a partition acknowledged with an error code is not acknowledged", async () => {
  const { producer, requests } = scripted(() => [{ topicName: "t", partition: 0, errorCode: 7 }], all);
  await producer.send([record(0, "a")]);
  expect(requests).toHaveLength(2);
});

test("a moved leader keeps the client, an unknown code or a lost connection gets a fresh one", async () => {
  const moved = scripted(() => protocolError("NOT_LEADER_FOR_PARTITION", true), all);
  await moved.producer.send([record(0, "a")]);
  expect(moved.clients()).toBe(1);

  const strange = scripted(() => protocolError("KAFKAJS_UNKNOWN_ERROR_CODE", false), all);
  await strange.producer.send([record(0, "a")]);
  expect(strange.clients()).toBe(2);

  const cut = scripted(() => Object.assign(new Error("…"), { name: "KafkaJSConnectionClosedError" }), all);
  await cut.producer.send([record(0, "a")]);
  expect(cut.clients()).toBe(2);
});

test("one request is in flight at a time, and what waits meanwhile goes together, in order", async () => {
  const { producer, requests, mostInFlight } = scripted(all);
  await Promise.all(["a", "b", "c", "d"].map((value) => producer.send([record(0, value)])));
  expect(mostInFlight()).toBe(1);
  expect(valuesOf(requests).flat()).toEqual(["a", "b", "c", "d"]);
  expect(requests.length).toBeLessThan(4);
});

test("more than half a megabyte for one partition goes in several requests, in order", async () => {
  const { producer, requests } = scripted(all);
  const values = Array.from({ length: 30 }, (_, i) => String(i).padEnd(50_000));
  await producer.send(values.map((value) => record(0, value)));
  expect(requests.length).toBeGreaterThanOrEqual(3);
  expect(valuesOf(requests).flat()).toEqual(values);
});

test("a refusal is narrowed down to the record it is about; the others are sent", async () => {
  const { producer, requests } = scripted((request) =>
    request.some(({ value }) => value === "bad") ? protocolError("MESSAGE_TOO_LARGE", false) : all(request),
  );
  const outcomes = await Promise.allSettled([
    producer.send([record(0, "a"), record(1, "b")]),
    producer.send([record(0, "c"), record(1, "bad"), record(0, "d")]),
    producer.send([record(0, "e")]),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(Refused);
  const sent = requests.filter((one) => one.every(({ value }) => value !== "bad"));
  expect(new Set(valuesOf(sent).flat())).toEqual(new Set(["a", "b", "c", "e"]));
});

test("a missing right is a refusal too", async () => {
  const { producer } = scripted(() => protocolError("TOPIC_AUTHORIZATION_FAILED", false));
  await expect(producer.send([record(0, "a")])).rejects.toBeInstanceOf(Refused);
});

test.each([2, -1])(
  "what goes to partition %d, which the topic does not have, is refused; the rest is sent",
  async (nowhere) => {
    const { producer, requests } = scripted((request) =>
      acknowledge(...partitionsOf(request).filter((partition) => partition >= 0 && partition < 2)),
    );
    const outcomes = await Promise.allSettled([
      producer.send([record(0, "a"), record(nowhere, "b")]),
      producer.send([record(0, "c"), record(1, "d")]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect((outcomes[0] as PromiseRejectedResult).reason).toBeInstanceOf(Refused);
    expect(valuesOf(requests).at(-1)).toEqual(["c", "d"]);
    expect(producer.failingSince).toBeNull();
  },
);

test("what is not acknowledged when the producer closes is rejected, not reported as sent", async () => {
  const { producer } = scripted(() => protocolError("NOT_ENOUGH_REPLICAS", true));
  const waiting = producer.send([record(0, "a")], AbortSignal.timeout(100));
  await expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });
  await producer[Symbol.asyncDispose]();
  await expect(producer.send([record(0, "b")])).rejects.toBeInstanceOf(Retryable);
});
