// The patches are in the kafkajs that we load: where one is missing, one of these fails.
import { createRequire } from "node:module";
import { expect, test, vi } from "vitest";
import { kafkajs, type Membership, membership } from "./hardening.ts";

const require = createRequire(import.meta.url);
const internal = (name: string): unknown => require(`kafkajs/src/${name}`);

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

test("an idle connection arms no timer (K33)", () => {
  const RequestQueue = internal("network/requestQueue") as new (
    options: object,
  ) => {
    checkPendingRequests(): void;
  };
  vi.useFakeTimers();
  const queue = new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1000, logger: silent });
  queue.checkPendingRequests();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a position that the log lost is an error, not another position (K26)", async () => {
  const OffsetManager = internal("consumer/offsetManager") as {
    prototype: { setDefaultOffset(lost: { topic: string; partition: number }): Promise<void> };
  };
  await expect(OffsetManager.prototype.setDefaultOffset({ topic: "t", partition: 3 })).rejects.toMatchObject({
    name: "PositionLost",
    retriable: false,
  });
});

test("a group member asks its consumer before it joins, and joins only then (K42)", async () => {
  const ConsumerGroup = internal("consumer/consumerGroup") as {
    prototype: { joinAndSync(this: object): Promise<void> };
  };
  const steps: string[] = [];
  const hooks: Membership = {
    beforeJoin: async () => {
      await Promise.resolve();
      steps.push("asked");
    },
  };
  const retrier = async (): Promise<void> => void steps.push("joined");
  await ConsumerGroup.prototype.joinAndSync.call({ assigners: [{ [membership]: hooks }, {}], retrier });
  expect(steps).toEqual(["asked", "joined"]);
});

test("messages are grouped by the partition they name, whatever their key (K3)", () => {
  const group = internal("producer/groupMessagesPerPartition") as (options: object) => Record<number, unknown[]>;
  const messages = [{ partition: 2, key: "a" }, { partition: 0, key: "a" }, { partition: 2 }];
  expect(group({ topic: "t", messages })).toEqual({ 0: [messages[1]], 2: [messages[0], messages[2]] });
});

test("the batch and the request that kafkajs uses are ours", () => {
  expect((internal("consumer/batch") as { name: string }).name).toBe("FetchedBatch");
  expect((internal("protocol/requests/produce/v3/request") as { name: string }).name).toBe("produceRequest");
  expect(kafkajs.Kafka).toBe(internal("index") as typeof kafkajs.Kafka);
});
