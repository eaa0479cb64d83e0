// The commit protocol under mishaps: lost answers, half-applied sends, rebalances, members that expire. Nothing lost, nothing said in two ways.
import { describe, expect, it } from "vitest";
import { defaultAlertSettings } from "#core/alerts/alert-fold.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import { createHealth } from "#runtime/health.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { createOutages } from "#runtime/outages.ts";
import type { IncidentRecord, TallyRecord } from "#schemas/generated/records.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { createFollower } from "./follow.ts";
import { createLedger } from "./ledger.ts";
import { declareMetrics } from "./metrics.ts";
import { createRead, type Dependency } from "./reading.ts";
import { createSnapshots } from "./snapshots.ts";
import { createTasks } from "./tasks.ts";
import { testFolds } from "./test-fold.ts";
import { codecs, minute, openWorld, tally, topics, type World } from "./test-world.ts";

const group = "alerter";
const crashAt = (): void => undefined;

/** A member of the group with connections of its own, as a process has. */
const join = async (world: World, snapshotEvery: number) => {
  const broker = world.twin.connect();
  const [admin, producer, reader] = [await broker.admin(), await broker.producer(), broker.reader()];
  const log = silentLogger;
  const metrics = createMetrics("test", { defaults: false });
  const dependencies: readonly Dependency[] = ["broker", "registry"];
  const outages = createOutages({ dependencies, log, metrics, health: createHealth(), pause: 1 });
  const read = createRead({ codecs, outages });
  const ledger = createLedger();
  const failures: unknown[] = [];
  const fail = (error: unknown): void => void failures.push(error);
  const common = { topics, admin, producer, reader, read, ledger, outages, log, crashAt, codecs };
  const follower = createFollower({ ...common, every: 1000, fail });
  const tasks = createTasks({
    ...common,
    folds: testFolds(),
    settings: defaultAlertSettings,
    follower,
    snapshots: createSnapshots({ ...common, topic: topics["alerter-state"].topic }),
    snapshotEvery,
    metrics: declareMetrics(metrics),
    clock: Date.now,
    gained: () => undefined,
    lost: () => undefined,
  });
  const consumer = broker.consumer({ group, topics: [topics.tallies.topic], fail });
  await consumer.run(tasks);
  return {
    failures,
    async [Symbol.asyncDispose]() {
      await consumer[Symbol.asyncDispose]();
      await follower[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
};

/** Tenants whose incidents open and resolve again and again, at times that the seed shifts. */
const history = (seed: number, from: number, count: number): readonly TallyRecord[] =>
  Array.from({ length: count }, (_, index) => {
    const at = from + index;
    const tenant = `tenant-${(at * 7 + seed) % 5}`;
    const phase = Math.floor(at / 9 + seed) % 3;
    return tally({ tenant, minute: at * minute, fired: phase === 0 ? 9 : phase === 1 ? 1 : 0 });
  });

const caughtUp = (world: World): Promise<unknown> =>
  eventually(async () => {
    const committed = await world.admin.committed(group, topics.tallies.topic);
    for (const [partition, { end }] of await world.admin.offsets(topics.tallies.topic))
      expect(committed.get(partition)?.offset ?? 0).toBe(end);
  });

const keyOf = ({ incident_id: id, rev }: IncidentRecord): string => `${id} ${rev}`;

/** What one fold of each partition says of the whole log. */
const plain = async (world: World): Promise<ReadonlyMap<string, string>> => {
  const said = new Map<string, string>();
  const folds = new Map<number, ReturnType<ReturnType<typeof testFolds>["create"]>>();
  for await (const { partition, value, offset, appendTs } of world.raw("tallies")) {
    const options = { partition, rules: defaultRules, settings: defaultAlertSettings };
    const fold = folds.get(partition) ?? testFolds().create(options);
    folds.set(partition, fold);
    const decoded = codecs.decode("tallies", value);
    if (decoded.kind === "record") fold.add(decoded.record, offset, appendTs);
    for (const record of fold.drain()) said.set(keyOf(record), JSON.stringify(record));
  }
  return said;
};

const byKey = (map: ReadonlyMap<string, string>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

const check = async (world: World): Promise<void> => {
  const expected = await plain(world);
  const found = new Map<string, string>();
  for (const record of await world.said("incidents")) {
    const text = JSON.stringify(record);
    expect(found.get(keyOf(record)) ?? text).toBe(text);
    found.set(keyOf(record), text);
  }
  expect(byKey(found)).toEqual(byKey(expected));
  expect(expected.size).toBeGreaterThan(4);
};

describe("alerters whose sends and commits go wrong", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "say what one plain fold says, each transition in one form (seed %i)",
    async (seed) => {
      await using world = await openWorld(undefined, seed);
      const { faults } = world.twin;
      const first = await join(world, seed % 2 === 0 ? 0 : 3_600_000);
      await world.publish(history(seed, 0, 60));
      faults.order("send", "drop", "repeat", "part", "fail");
      faults.order("commit", "drop", "fail");
      await caughtUp(world);

      await using second = await join(world, 3_600_000);
      await world.publish(history(seed, 60, 60));
      faults.rejoin(group);
      faults.order("commit", "drop");
      faults.expireMember(group);
      await caughtUp(world);
      await first[Symbol.asyncDispose]();

      await world.publish(history(seed, 120, 60));
      faults.order("send", "part", "drop");
      await caughtUp(world);
      await check(world);
      expect([...first.failures, ...second.failures]).toEqual([]);
    },
  );
});
