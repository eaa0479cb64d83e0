// The detector on real Kafka and a real registry: what it says, what bad input gets, rebalances, outages, wrong surroundings.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partitionFor } from "#core/partition.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { prompt } from "#test/helpers/timeline.ts";
import { openScene, partitions, type Scene, traffic } from "./detector-scene.ts";
import { readiness } from "./surroundings.ts";

const hour = 3_600_000;
const now = Date.now();

const canary = "xylophone-canary-42";
const hello = prompt("0s", `my ${canary} is broken`, { ts: now - 30_000, tenant: "acme", session_id: "lost" });
const home = partitionFor(hello.session_id, partitions);
const elsewhere = (home + 1) % partitions;

describe("what a detector says", () => {
  let scene: Scene;
  let metrics = "";
  let published = 0;

  beforeAll(async () => {
    scene = await openScene();
    const { codecs, topics } = scene;
    const value = codecs.encode("interactions", hello);
    const tick = codecs.encode("interactions", { ...hello, event_id: "t", type: "tick", session_id: "", tenant: "" });
    const events = traffic(3, 120);
    await scene.publish(events);
    await scene.send([
      Buffer.from("no avro"),
      value.subarray(0, 20),
      Buffer.from([0, 0, 0, 7, 77, 2, 4]),
      codecs.encode("interactions", { ...hello, type: "yodel" }),
      codecs.encode("interactions", { ...hello, session_id: "" }),
      codecs.encode("interactions", { ...hello, event_id: "old", ts: now - 30 * hour, session_id: "s0" }),
      tick,
    ]);
    await scene.send([value], { partition: elsewhere });
    const from = `${topics.interactions.topic}:${home}:0:${now}`;
    await scene.send([value], { partition: elsewhere, headers: { "rekeyed-from": from } });
    await scene.publish([{ ...hello, event_id: "late", ts: now - 2 * hour }]);

    const detector = await scene.start();
    await scene.caughtUp();
    // Its own re-keyed copy came after what it had read.
    await scene.caughtUp();
    metrics = await (await fetch(`${detector.url}/metrics`)).text();
    await detector[Symbol.asyncDispose]();
    published = await scene.size("interactions");
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("is what one plain fold of the log says: every revision, tally and late record", async () => {
    await expect(scene.check()).resolves.toBeUndefined();
  });

  it("is a reject for each bad record, with the reason and the original bytes", async () => {
    const rejects = await scene.said("rejects");
    const summary = rejects.map(({ reason, field }) => (field === null ? reason : `${reason} ${field}`)).toSorted();
    expect(summary).toEqual([
      "malformed",
      "missing_field session_id",
      "not_avro",
      "second_hop rekeyed-from",
      "timestamp_out_of_range ts",
      "unknown_schema",
      "unknown_type type",
    ]);
    const plain = rejects.find(({ reason }) => reason === "not_avro");
    expect(Buffer.from(plain?.value ?? []).toString()).toBe("no avro");
  });

  it("moves a misplaced record to its session's partition, where it counts", async () => {
    const copies = await scene.records("interactions", home);
    const copy = copies.find(({ headers }) => "rekeyed-from" in headers);
    expect(copy?.headers["rekeyed-from"]).toMatch(new RegExp(`:${elsewhere}:\\d+:\\d+$`));
    expect(metrics).toContain("earshot_rekeyed_total 1");
  });

  it("counts every record of the log exactly once", () => {
    const counted = [...metrics.matchAll(/^earshot_events_total\{.*\} (\d+)$/gm)];
    expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(published);
  });

  it("tells every partition of tallies how far each input partition is", async () => {
    const told = new Set<string>();
    for (let partition = 0; partition < scene.topics.tallies.partitions; partition += 1)
      for (const { value } of await scene.records("tallies", partition)) {
        const decoded = scene.codecs.decode("tallies", value);
        if (decoded.kind === "record" && decoded.record.signal_type === "~progress")
          told.add(`${decoded.record.source_partition} to ${partition}`);
      }
    expect(told.size).toBe(partitions * scene.topics.tallies.partitions);
  });

  it("never holds a user's words", async () => {
    for (const kind of ["signals", "tallies", "late"] as const)
      for (let partition = 0; partition < scene.topics[kind].partitions; partition += 1)
        for (const { value } of await scene.records(kind, partition)) expect(value?.includes(canary)).toBe(false);
    expect(metrics).not.toContain(canary);
    expect(await scene.logs()).not.toContain(canary);
  });
});

describe("detectors that come and go", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("say what one plain fold says, and committed positions only rise", async () => {
    const events = traffic(5, 200);
    const seen = new Map<number, number[]>();
    const note = async (): Promise<void> => {
      for (const [partition, { offset }] of await scene.positions())
        seen.set(partition, [...(seen.get(partition) ?? []), offset ?? 0]);
    };
    const publishPart = async (part: number): Promise<void> => {
      const size = Math.ceil(events.length / 6);
      for (let at = part * size; at < Math.min(events.length, (part + 1) * size); at += 50) {
        await scene.publish(events.slice(at, Math.min(at + 50, (part + 1) * size)));
        await note();
      }
    };

    const first = await scene.start();
    const ticker = await scene.start({ EARSHOT_TICK_INTERVAL: "200ms" }, "ticker");
    await publishPart(0);
    const second = await scene.start();
    await publishPart(1);
    await first[Symbol.asyncDispose]();
    await publishPart(2);
    const third = await scene.start();
    await publishPart(3);
    await second[Symbol.asyncDispose]();
    await publishPart(4);
    const fourth = await scene.start();
    await publishPart(5);
    await third[Symbol.asyncDispose]();
    await ticker[Symbol.asyncDispose]();
    await scene.caughtUp();
    await note();
    await fourth[Symbol.asyncDispose]();

    await scene.check();
    for (const positions of seen.values()) expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });
});

describe("a registry that is away", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("is waited for where a schema is new: nothing is rejected, the rest goes on, and so does it afterwards", async () => {
    const { codecs, registry } = scene;
    await using detector = await scene.start();
    registry.goAway();

    const id = await scene.registerCopy();
    const away = { ...hello, event_id: "away", session_id: "s0" };
    const here = { ...hello, event_id: "here", session_id: "s1" };
    const foreign = codecs.encode("interactions", away);
    foreign.writeInt32BE(id, 1);

    await scene.send([foreign], { partition: partitionFor(away.session_id, partitions) });
    await scene.publish([here]);
    await eventually(async () => expect((await readiness(detector))["registry"]).toContain("away for"));
    await eventually(async () => {
      const { offset } = (await scene.positions()).get(partitionFor(here.session_id, partitions)) ?? {};
      expect(offset).toBe(1);
    });
    expect((await scene.positions()).get(partitionFor(away.session_id, partitions))?.offset ?? 0).toBe(0);

    registry.comeBack();
    await scene.caughtUp();
    await eventually(async () => expect((await readiness(detector))["registry"]).toBe("ok"));
    expect(await scene.said("rejects")).toEqual([]);
  });
});

describe("surroundings that are wrong", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("end the start with the cure: a topic is missing", async () => {
    await expect(scene.start({ EARSHOT_TOPIC_PREFIX: "nowhere." })).rejects.toThrow("npm run topics");
  });

  it("end the start with the cure: other partitions than configured", async () => {
    await expect(scene.start({ EARSHOT_PARTITIONS: "3" })).rejects.toThrow("EARSHOT_PARTITIONS");
  });

  it("end the process: another program's metadata in the group", async () => {
    await scene.commit(0, "not ours");
    await expect(scene.start()).rejects.toThrow(/ended with 1 before it was ready.*not a detector's/s);
  });

  it("end the process: a position beyond the log", async () => {
    await scene.commit(99, "");
    await expect(scene.start()).rejects.toThrow(/ended with 1 before it was ready.*EARSHOT_INCARNATION/s);
  });
});
