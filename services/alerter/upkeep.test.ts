// The compacted logs stay right: newest states on top, nothing for ever.
import { afterEach, beforeEach, expect, it } from "vitest";
import { createHealth } from "#runtime/health.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { createOutages } from "#runtime/outages.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { createFollower } from "./follow.ts";
import { createLedger } from "./ledger.ts";
import { createRead, type Dependency } from "./reading.ts";
import { incidentOut } from "./tasks.ts";
import { blankIncident, noticeId } from "./test-fold.ts";
import { codecs, openWorld, topics, type World } from "./test-world.ts";
import { createUpkeep } from "./upkeep.ts";

const day = 86_400_000;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const encode = (partition: number, record: IncidentRecord) => incidentOut({ topics, codecs }, partition, record);

const open = () => {
  const { admin, reader, producer } = world;
  const log = silentLogger;
  const metrics = createMetrics("test", { defaults: false });
  const dependencies: readonly Dependency[] = ["broker", "registry"];
  const outages = createOutages({ dependencies, log, metrics, health: createHealth(), pause: 1 });
  const ledger = createLedger();
  const read = createRead({ codecs, outages });
  const follower = createFollower({
    topics,
    admin,
    reader,
    read,
    ledger,
    outages,
    log,
    every: 1000,
    fail: () => undefined,
  });
  return { ledger, follower, upkeep: createUpkeep({ topics, ledger, producer, log, encode }) };
};

const { signal } = new AbortController();
const say = (record: IncidentRecord): Promise<void> =>
  world.send("incidents", 1, record.incident_id, codecs.encode("incidents", record));

it("an older state that a zombie put above a newer one is covered by the newer one again, once", async () => {
  const { ledger, follower, upkeep } = open();
  await say(blankIncident({ rev: 2, state: "resolved" }));
  await say(blankIncident({ rev: 1 }));
  await follower.caughtUp(signal);
  expect(ledger.find("inc_1")?.record.state).toBe("resolved");

  await upkeep.repair(1, signal);
  await follower.caughtUp(signal);
  await upkeep.repair(1, signal);
  expect((await world.said("incidents")).map(({ rev }) => rev)).toEqual([2, 1, 2]);
});

it("what was closed 400 days ago is deleted with its deliveries, what is younger stays", async () => {
  const { ledger, follower, upkeep } = open();
  await say(blankIncident({ state: "closed", closed_at: 0 }));
  await say(blankIncident({ incident_id: "inc_2", state: "closed", closed_at: day }));
  await say(blankIncident({ incident_id: "inc_3", state: "resolved" }));
  const notification = noticeId("inc_1", "opened", 1);
  const key = `inc_1|${notification}|hook`;
  const delivery = {
    incident_id: "inc_1",
    notification_id: notification,
    destination: "hook",
    tenant: "acme",
    kind: "opened",
    status: "delivered",
    attempt: 1,
    ts: 0,
    rev: 1,
    next_at: null,
    http_status: 200,
    code: "ok",
    duration_ms: 1,
    body_sha256: null,
    accepted_at: 0,
    actor: null,
  };
  await world.send("deliveries", 1, key, codecs.encode("deliveries", delivery));
  await follower.caughtUp(signal);
  await upkeep.sweep(1, 400 * day + 1, signal);

  const tombstones: string[] = [];
  for (const kind of ["incidents", "deliveries"] as const)
    for await (const record of world.raw(kind))
      if (record.value === null) tombstones.push(record.key?.toString() ?? "");
  expect(tombstones).toEqual(["inc_1", key]);
  expect([...ledger.cases()].map(({ record }) => record.incident_id)).toEqual(["inc_2", "inc_3"]);

  const other = open();
  await other.follower.caughtUp(signal);
  expect(other.ledger.find("inc_1")).toBeUndefined();
});
