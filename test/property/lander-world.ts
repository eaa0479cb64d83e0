// A world for landers: the twins of broker and store, landers that can be killed at any port call, one seed for all of it.

import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import type { Broker } from "#adapters/broker-port.ts";
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
import type { TableName } from "#schemas/clickhouse/tables.ts";
import { type Topics, topicsFor } from "#schemas/topics.ts";
import { createCrashes, createLife, outagesIn } from "./world.ts";

export const group = "lander";
export const topics: Topics = topicsFor("t.", 2);

/** One in `n`; 0: never. */
export interface Odds {
  /** An insert fails before anything happened, or after it was applied. */
  readonly storeFault: number;
  /** A lander dies at one of its named points. */
  readonly crash: number;
}

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

  let clock = 0;
  const crashes = createCrashes(oneIn, odds.crash, 8);
  const failures: unknown[] = [];

  /** A lander process in miniature. */
  const startLander = async () => {
    const broker: Broker = twin.connect();
    const producer = await broker.producer();
    const consumer = broker.consumer({
      group,
      topics: Object.values(topics).map(({ topic }) => topic),
      fail: (error) => void failures.push(error),
    });
    const life = createLife(consumer);
    const ports: LanderPorts = {
      topics,
      inc: 1,
      limits: { rows: 7, bytes: 100_000, age: 5, backlogAge: 5, rowlessAge: 12, idle: 10 },
      budget: createBudget(4_000),
      pastWindow: 86_400_000,
      codeVersion: "test",
      codecs,
      store: { pack: (rows) => client.pack(rows), insert: (block) => life.alive(() => insert(block)) },
      landedBefore: (tables, partition) => life.alive(() => landedBefore(client, tables, partition, 1)),
      reader: broker.reader(),
      producer: { send: (records, signal) => life.alive(() => producer.send(records, signal)) },
      probe: { survives: async () => true },
      flow: consumer,
      outages: outagesIn(scheduler),
      timers: {
        now: () => clock++,
        after(ms, run) {
          let cancelled = false;
          void scheduler.turns(ms).then(() => {
            clock += ms;
            if (!cancelled && !life.dead) run();
          });
          return () => {
            cancelled = true;
          };
        },
      },
      metrics: declareMetrics(createMetrics("lander", { defaults: false })),
      log: silentLogger,
      crashAt: crashes(life),
      fail: (error) => {
        if (!life.dead) failures.push(error);
      },
    };
    const { onAssigned, onBatch, onLost, onRelease } = createLanes(ports).handlers;
    await consumer.run({
      onAssigned: (partition, committed, ctx) => life.mortal(() => onAssigned(partition, committed, life.ctx(ctx))),
      onBatch: (batch, ctx) => life.mortal(() => onBatch(batch, ctx)),
      onLost: (partition) => {
        if (!life.dead) onLost(partition);
      },
      onRelease: async (partition, ctx) => {
        if (!life.dead) await life.mortal(() => onRelease(partition, ctx));
      },
    });
    return life;
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
