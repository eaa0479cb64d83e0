// A partition that comes to a new owner: from a snapshot, an older one, or the log alone, it goes on as if nobody had left.
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ctx } from "#adapters/broker-port.ts";
import { createLease, type Lease } from "#adapters/lease.ts";
import { defaultAlertSettings } from "#core/alerts/alert-fold.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import { createHealth } from "#runtime/health.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { createOutages } from "#runtime/outages.ts";
import { controlOut } from "./control.ts";
import { createFollower } from "./follow.ts";
import { createLedger } from "./ledger.ts";
import { createRead, type Dependency } from "./reading.ts";
import { createRecovery } from "./recovery.ts";
import { createSnapshots } from "./snapshots.ts";
import { blankIncident, testFolds } from "./test-fold.ts";
import { codecs, minute, openWorld, tally, topics, type World } from "./test-world.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const partition = () => world.homeOf("acme");
const where = () => ({ topic: topics.tallies.topic, partition: partition() });

const ctx: Ctx = { live: true, commit: async () => undefined, heartbeat: async () => undefined };
const lease = (): Lease => createLease(where(), ctx);

const crashAt = (): void => undefined;

const parts = () => {
  const { admin, reader, producer } = world;
  const log = silentLogger;
  const outages = createOutages<Dependency>({
    dependencies: ["broker", "registry"],
    log,
    metrics: createMetrics("test", { defaults: false }),
    health: createHealth(),
    pause: 1,
  });
  const read = createRead({ codecs, outages });
  const ledger = createLedger();
  const common = { topics, admin, reader, read, ledger, outages, log, crashAt };
  const resumed: number[] = [];
  const lost: number[] = [];
  const snapshots = createSnapshots({ ...common, topic: topics["alerter-state"].topic, producer, codecs });
  const follower = createFollower({ ...common, every: 1000, fail: () => undefined });
  const recover = createRecovery({
    ...common,
    folds: testFolds(resumed),
    options: { rules: defaultRules, settings: defaultAlertSettings },
    snapshots,
    follower,
    meter: { lost: (_partition, records) => void lost.push(records) },
  });
  return { ledger, resumed, lost, snapshots, recover };
};

const committedAt = (offset: number | null, over: object = {}) => ({
  offset,
  metadata: "",
  logStart: 0,
  end: 99,
  ...over,
});

/** A snapshot at the offset with so many records behind it. */
const snapshotAt = (offset: number, folded: number) => ({
  offset,
  parts: new Map<string, unknown>([
    ["acme", new Map()],
    ["~", { applied: new Set<string>(), folded }],
  ]),
});

const write = async (snapshots: ReturnType<typeof parts>["snapshots"], offset: number, folded: number, now: number) =>
  snapshots.write({
    partition: partition(),
    snapshot: snapshotAt(offset, folded),
    rules: `r${folded}`,
    now,
    signal: lease().signal,
  });

/** Spoils the newest piece of a generation, as a disk might. */
const spoil = async (generation: number): Promise<void> => {
  const records = (await world.said("alerter-state")).filter((one) => one.generation === generation && one.chunk >= 0);
  for (const record of records) {
    const payload = Buffer.from(record.payload);
    payload[payload.length - 1] = (payload.at(-1) ?? 0) ^ 0xff;
    const value = codecs.encode("alerter-state", { ...record, payload });
    await world.send("alerter-state", partition(), `${record.tenant}:${generation}:${record.chunk}`, value);
  }
};

describe("a partition without any past", () => {
  it("begins at the start of its log", async () => {
    const { recover } = parts();
    await world.publish([tally({ minute, fired: 9 })]);
    const { position, rules, snapshotAt: at } = await recover(where(), committedAt(null, { logStart: 0 }), lease());
    expect([position, rules, at]).toEqual([0, null, null]);
  });
});

describe("a partition with a committed position", () => {
  it("folds what lies below in silence, rules included, and says nothing of it", async () => {
    const { recover } = parts();
    await world.publish([tally({ minute, fired: 9 })]);
    const rules = { ...defaultRules, version: "v2" };
    const control = { topic: topics.tallies.topic, codecs };
    const activation = { tenant: "*", at: 0, control: { kind: "rules", id: "1", rules } } as const;
    await world.producer.send([controlOut(control, partition(), activation)]);
    const recovered = await recover(where(), committedAt(2), lease());
    expect(recovered.rules).toBe("v2");
    expect(recovered.fold.drain()).toEqual([]);
    expect(recovered.fold.meters().rejected.get("negative")).toBe(2);
  });

  it("beyond the end of its log is refused", async () => {
    const { recover } = parts();
    await expect(recover(where(), committedAt(100), lease())).rejects.toMatchObject({ code: "position_refused" });
  });

  it("that retention has passed goes on at what is left, and counts what is not", async () => {
    const { recover, lost } = parts();
    await world.publish([tally(), tally({ minute }), tally({ minute: 2 * minute })]);
    world.twin.truncate(where(), 2);
    const recovered = await recover(where(), committedAt(1, { logStart: 2, end: 3 }), lease());
    expect(recovered.position).toBe(2);
    expect(lost).toEqual([1]);
  });

  it("adopts the live incidents of the log, and knows every rev that was said", async () => {
    const { recover, ledger } = parts();
    const said = [
      blankIncident({ incident_id: "inc_a", rev: 4 }),
      blankIncident({ incident_id: "inc_b", rev: 2, state: "resolved", tenant: "b" }),
    ];
    for (const record of said)
      await world.send("incidents", partition(), record.incident_id, codecs.encode("incidents", record));
    const { fold } = await recover(where(), committedAt(0), lease());
    expect(ledger.revOf("inc_a")).toBe(4);
    expect(ledger.revOf("inc_b")).toBe(2);
    fold.add(tally({ minute, fired: 0 }), 0, 0);
    expect(fold.drain()).toMatchObject([{ incident_id: "inc_a", rev: 5, state: "resolved" }]);
  });
});

describe("an incident that the predecessor opened and said, and whose position it never committed", () => {
  it("is not adopted: the same tallies open it again under the same id, and it is not said twice", async () => {
    const { recover, ledger } = parts();
    const ahead = blankIncident({ incident_id: "inc_ahead", log_offset: 7 });
    await world.send("incidents", partition(), "inc_ahead", codecs.encode("incidents", ahead));
    const { fold } = await recover(where(), committedAt(0), lease());
    fold.add(tally({ minute, fired: 0 }), 0, 0);
    expect(fold.drain()).toEqual([]);
    expect(ledger.revOf("inc_ahead")).toBe(1);
  });
});

describe("snapshots", () => {
  it("take turns, and the newest at or below the position is taken", async () => {
    const { snapshots, recover, resumed } = parts();
    await world.publish([1, 2, 3, 4, 5].map((at) => tally({ minute: at * minute })));
    await write(snapshots, 1, 100, 10);
    await write(snapshots, 2, 200, 20);
    await write(snapshots, 4, 400, 30);
    const manifests = (await world.said("alerter-state")).filter(({ chunk }) => chunk === -1);
    expect(manifests.map(({ generation }) => generation)).toEqual([0, 1, 0]);

    const newest = await recover(where(), committedAt(5), lease());
    expect(newest).toMatchObject({ rules: "r400", snapshotAt: 30, position: 5 });
    expect(newest.fold.meters().rejected.get("negative")).toBe(401);
    const earlier = await recover(where(), committedAt(3), lease());
    expect(earlier.rules).toBe("r200");
    expect(resumed).toEqual([400, 200]);
  });

  it("of which the newest is damaged give way to the older one, which is then not overwritten next", async () => {
    const { snapshots, recover } = parts();
    await world.publish([1, 2, 3].map((at) => tally({ minute: at * minute })));
    await write(snapshots, 1, 100, 10);
    await write(snapshots, 2, 200, 20);
    await spoil(1);
    const fresh = parts();
    expect((await fresh.recover(where(), committedAt(3), lease())).rules).toBe("r100");
    await write(fresh.snapshots, 3, 300, 30);
    const [last] = (await world.said("alerter-state")).filter(({ chunk }) => chunk === -1).slice(-1);
    expect(last?.generation).toBe(1);
    expect((await recover(where(), committedAt(3), lease())).rules).toBe("r300");
  });

  it("of which none can be used leave the log", async () => {
    const { snapshots } = parts();
    await world.publish([1, 2, 3].map((at) => tally({ minute: at * minute })));
    await write(snapshots, 1, 100, 10);
    await write(snapshots, 2, 200, 20);
    await spoil(0);
    await spoil(1);
    const recovered = await parts().recover(where(), committedAt(3), lease());
    expect(recovered.snapshotAt).toBeNull();
    expect(recovered.fold.meters().rejected.get("negative")).toBe(3);
  });

  it("without a manifest are none: the alerter died while it wrote", async () => {
    const { snapshots } = parts();
    await world.publish([1, 2, 3].map((at) => tally({ minute: at * minute })));
    await write(snapshots, 1, 100, 10);
    const piece = (await world.said("alerter-state")).find(({ chunk }) => chunk === 0);
    if (piece === undefined) throw new Error("there is no piece");
    const half = { ...piece, generation: 1, snapshot_id: "half", log_offset: 3 };
    await world.send("alerter-state", partition(), "acme:1:0", codecs.encode("alerter-state", half));
    expect((await parts().recover(where(), committedAt(3), lease())).rules).toBe("r100");
  });

  it("larger than a message travel in pieces", async () => {
    const { snapshots } = parts();
    const noise = createHash("shake256", { outputLength: 1_300_000 }).digest();
    const parted = new Map<string, unknown>([
      ["acme", new Map()],
      ["~", { applied: new Set([noise.toString("base64")]), folded: 7 }],
    ]);
    await snapshots.write({
      partition: partition(),
      snapshot: { offset: 0, parts: parted },
      rules: null,
      now: 5,
      signal: lease().signal,
    });
    const sizes: number[] = [];
    for await (const { value } of world.raw("alerter-state")) sizes.push(value?.length ?? 0);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(600_000);
    expect((await parts().recover(where(), committedAt(0), lease())).snapshotAt).toBe(5);
  });
});
