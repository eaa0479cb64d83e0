// Changes on their way into the log that the fold reads: to whom, as what, and what becomes of bad ones.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Control } from "#core/alerts/alert-port.ts";
import { createHealth } from "#runtime/health.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { createOutages } from "#runtime/outages.ts";
import type { ChangeRecord } from "#schemas/generated/records.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { createIntake } from "./intake.ts";
import { createRead, type Dependency } from "./reading.ts";
import { codecs, openWorld, topics, type World } from "./test-world.ts";

const change = (over: Partial<ChangeRecord> = {}): ChangeRecord => ({
  change_id: "c1",
  ts: 60_000,
  tenant: "acme",
  kind: "prompt",
  scope: "feature=billing",
  from: "p11",
  to: "p12",
  reverts: null,
  rollback_ref: null,
  owner: null,
  url: null,
  ...over,
});

let world: World;
let counted: string[];
beforeEach(async () => {
  world = await openWorld();
  counted = [];
});
afterEach(() => world[Symbol.asyncDispose]());

const count = (kind: string, reason: string | null): void => void counted.push(`${kind} ${reason ?? "taken"}`);

const run = async (): Promise<void> => {
  const outages = createOutages<Dependency>({
    dependencies: ["broker", "registry"],
    log: silentLogger,
    metrics: createMetrics("test", { defaults: false }),
    health: createHealth(),
    pause: 1,
  });
  const consumer = world.broker.consumer({
    group: "changes",
    topics: [topics.changes.topic],
    fail: (error) => {
      throw error;
    },
  });
  const read = createRead({ codecs, outages });
  const { producer } = world;
  await consumer.run(createIntake({ topics, read, codecs, producer, outages, count }));
};

const publish = (records: readonly ChangeRecord[]): Promise<void> =>
  world.producer.send(
    records.map((record) => ({
      topic: topics.changes.topic,
      partition: 0,
      key: record.scope,
      value: codecs.encode("changes", record),
    })),
  );

/** `partition kind id` of each control record. */
const controls = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { partition, value } of world.raw("tallies")) {
    const decoded = codecs.decode("tallies", value);
    if (decoded.kind !== "record") throw new Error(decoded.kind);
    const control = JSON.parse(decoded.record.control ?? "{}") as Control;
    found.push(`${partition} ${control.kind} ${control.id}`);
  }
  return found;
};

it("a change goes to its tenant's partition, one of all tenants to every partition", async () => {
  await publish([change(), change({ change_id: "c2", tenant: "*", kind: "deploy" })]);
  await run();
  const everywhere = [0, 1, 2, 3].map((partition) => `${partition} change c2`);
  await eventually(async () =>
    expect((await controls()).toSorted()).toEqual([`${world.homeOf("acme")} change c1`, ...everywhere].toSorted()),
  );
  expect(counted).toEqual(["prompt taken", "deploy taken"]);
});

it("an announced detector goes as its identities", async () => {
  await publish([change({ kind: "detector", tenant: "acme", to: "repeat-ask@2:abc, copy@1:abc" })]);
  await run();
  await eventually(async () => expect(await controls()).toEqual([`${world.homeOf("acme")} detector c1`]));
  const [record] = await world.said("tallies");
  expect(JSON.parse(record?.control ?? "{}")).toMatchObject({ identities: ["repeat-ask@2:abc", "copy@1:abc"] });
});

it("what is no change is rejected with the reason, and those beside it are taken", async () => {
  await world.send("changes", 0, null, Buffer.from("no avro"));
  await publish([
    change({ kind: "weather" }),
    change({ change_id: "" }),
    change({ kind: "detector", to: "nobody" }),
    change({ change_id: "good" }),
  ]);
  await run();
  await eventually(async () => expect(await controls()).toEqual([`${world.homeOf("acme")} change good`]));
  const rejects = (await world.said("rejects")).map(({ reason, field }) => `${reason} ${field ?? ""}`.trim());
  expect(rejects).toEqual(["not_avro", "unknown_kind kind", "missing_field change_id", "invalid_field to"]);
});

it("a lost answer to a commit copies changes again, and loses none", async () => {
  world.twin.faults.order("send", "drop");
  world.twin.faults.order("commit", "drop");
  await publish([change(), change({ change_id: "c2" })]);
  await run();
  await eventually(async () => expect(new Set(await controls()).size).toBe(2));
});
