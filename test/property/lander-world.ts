// A world for landers: the twins of broker and store, landers that can be killed at any port call, one seed for all of it.

import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import { type Broker, Fenced } from "#adapters/broker-port.ts";
import { createMemoryBroker } from "#adapters/memory/broker.ts";
import { createMemoryStore } from "#adapters/memory/store.ts";
import type { Block, PackedBlock } from "#adapters/store-port.ts";
import { type LanderPorts } from "#lander/assignment.ts";
import { createBudget } from "#lander/budget.ts";
import { landedBefore } from "#lander/landed.ts";
import { createLanes } from "#lander/lanes.ts";
import { declareMetrics } from "#lander/metrics.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import type { Outages } from "#runtime/outages.ts";
import type { TableName } from "#schemas/clickhouse/tables.ts";
import { type Topics, topicsFor } from "#schemas/topics.ts";

export const group = "lander";
export const topics: Topics = topicsFor("t.", 2);

/** One in `n`; 0: never. */
export interface Odds {
  /** An insert fails before anything happened, or after it was applied. */
  readonly storeFault: number;
  /** A lander dies at one of its named points. */
  readonly crash: number;
}

const forever = new Promise<never>(() => undefined);

export const createWorld = (seed: number, odds: Odds) => {
  const twin = createMemoryBroker({ seed, maxBatch: 12 });
  const { scheduler } = twin;
  const oneIn = (n: number): boolean => n > 0 && scheduler.integer(1, n) === 1;
  const codecs = createLocalCodecs();

  const store = createMemoryStore();
  const client = store.connect();

  const insert = async (block: Block | PackedBlock): Promise<void> => {
    await scheduler.turns(scheduler.integer(1, 6));
    if (oneIn(odds.storeFault)) store.faults.order("insert", oneIn(2) ? "refuse" : "reset");
    await client.insert(block);
    await scheduler.turn();
  };

  /** Without real pauses; what is no outage passes, as with the real one. */
  const outages: Outages<string> = {
    async wait(_, work, { signal, isOutage }) {
      for (;;) {
        signal.throwIfAborted();
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof Error && isOutage(error))) throw error;
          await scheduler.turns(scheduler.integer(1, 4));
        }
      }
    },
  };

  let clock = 0;
  let crashesLeft = 8;
  const failures: unknown[] = [];

  /** A lander process in miniature. Killed, none of its calls ever returns, as far as it could tell. */
  const startLander = async () => {
    let dead = false;
    const alive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (dead) return forever;
      try {
        const value = await work();
        return dead ? await forever : value;
      } catch (error) {
        if (dead) return forever;
        throw error;
      }
    };
    /** What the group sees of it: a handler that is gone. */
    const death = Promise.withResolvers<never>();
    death.promise.catch(() => undefined);
    const mortal = <T>(work: Promise<T>): Promise<T> => Promise.race([work, death.promise]);
    const broker: Broker = twin.connect();
    const producer = await broker.producer();
    const consumer = broker.consumer({
      group,
      topics: Object.values(topics).map(({ topic }) => topic),
      fail: (error) => void failures.push(error),
    });
    const kill = async (): Promise<void> => {
      dead = true;
      death.reject(new Fenced("killed"));
      await consumer[Symbol.asyncDispose]();
    };
    const ports: LanderPorts = {
      topics,
      inc: 1,
      limits: { rows: 7, bytes: 100_000, age: 5, backlogAge: 5, rowlessAge: 12, idle: 10 },
      budget: createBudget(4_000),
      pastWindow: 86_400_000,
      codeVersion: "test",
      codecs,
      store: { pack: (rows) => client.pack(rows), insert: (block) => alive(() => insert(block)) },
      landedBefore: (tables, partition) => alive(() => landedBefore(client, tables, partition, 1)),
      reader: broker.reader(),
      producer: { send: (records, signal) => alive(() => producer.send(records, signal)) },
      probe: { survives: async () => true },
      flow: consumer,
      outages,
      timers: {
        now: () => clock++,
        after(ms, run) {
          let cancelled = false;
          void scheduler.turns(ms).then(() => {
            clock += ms;
            if (!cancelled && !dead) run();
          });
          return () => {
            cancelled = true;
          };
        },
      },
      metrics: declareMetrics(createMetrics("lander", { defaults: false })),
      log: silentLogger,
      crashAt: () => {
        if (dead || crashesLeft === 0 || !oneIn(odds.crash)) return;
        crashesLeft -= 1;
        void kill();
        // What follows the point must not happen.
        throw new Fenced("killed");
      },
      fail: (error) => {
        if (!dead) failures.push(error);
      },
    };
    const { onAssigned, onBatch, onLost, onRelease } = createLanes(ports).handlers;
    await consumer.run({
      onAssigned: (partition, committed, ctx) =>
        mortal(
          onAssigned(partition, committed, {
            commit: (position, metadata) => alive(() => ctx.commit(position, metadata)),
            heartbeat: () => alive(() => ctx.heartbeat()),
            get live() {
              return ctx.live;
            },
          }),
        ),
      onBatch: (batch, ctx) => (dead ? death.promise : mortal(onBatch(batch, ctx))),
      onLost: (partition) => {
        if (!dead) onLost(partition);
      },
      onRelease: async (partition, ctx) => {
        if (!dead) await mortal(onRelease(partition, ctx));
      },
    });
    return {
      kill,
      get dead() {
        return dead;
      },
      stop: () => consumer[Symbol.asyncDispose](),
    };
  };

  return {
    twin,
    scheduler,
    oneIn,
    codecs,
    failures,
    startLander,
    rowsOf: (table: TableName) => store.rows(table),
    pick: <T>(...from: readonly [T, ...T[]]): T => from[scheduler.integer(0, from.length - 1)] ?? from[0],
  };
};
