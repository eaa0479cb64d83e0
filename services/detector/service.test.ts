// The whole detector on the in-process broker: what it needs to start, what it says, what it does while the broker takes nothing.
import { expect, it } from "vitest";
import { memoryBroker } from "#adapters/memory/broker.ts";
import type { HealthReport } from "#runtime/health.ts";
import { silentLogger } from "#runtime/logger.ts";
import { startService } from "#runtime/service.ts";
import { topicsFor } from "#schemas/topics.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { prompt, response } from "#test/helpers/timeline.ts";
import { detector } from "./service.ts";
import { codecs } from "./test-log.ts";

const topics = topicsFor("earshot.", 1);

const setUp = async (name: string) => {
  const twin = memoryBroker(`detector-${name}`);
  const broker = twin.connect();
  const admin = await broker.admin();
  const env = {
    KAFKA_BROKERS: `memory://detector-${name}`,
    SCHEMA_REGISTRY_URL: "memory://schemas",
    EARSHOT_PARTITIONS: "1",
  };
  return { twin, broker, admin, start: () => startService(detector, { env, log: silentLogger }) };
};

const readiness = async ({ port }: { readonly port: number }) => {
  const page = await fetch(`http://127.0.0.1:${port}/readyz`);
  const { ok, phase, checks } = (await page.json()) as HealthReport;
  return { ok, phase, waitsFor: checks.filter((one) => !one.ok).map(({ name }) => name) };
};

const publishAsk = async (broker: Awaited<ReturnType<typeof setUp>>["broker"], id: string): Promise<void> => {
  const ts = Date.now();
  const more = { session_id: id, ts };
  const events = [
    prompt("0s", "how do I freeze my card", { ...more, event_id: `${id}-1` }),
    response("0s", `${id}-r`, { ...more, event_id: `${id}-2`, ts: ts + 1 }),
    prompt("0s", "how do I freeze my card", { ...more, event_id: `${id}-3`, ts: ts + 2 }),
  ];
  const producer = await broker.producer();
  const { topic } = topics.interactions;
  await producer.send(
    events.map((event) => ({ topic, partition: 0, key: id, value: codecs.encode("interactions", event) })),
  );
};

it("says what lacks and what to do when its topics are missing", async () => {
  const { start } = await setUp("missing");
  await expect(start()).rejects.toMatchObject({
    code: "topic_mismatch",
    cure: expect.stringContaining("npm run topics"),
  });
});

it("is ready only when its partitions have their state, and names them until then", async () => {
  const { twin, admin, start } = await setUp("recovering");
  await admin.createTopics(Object.values(topics), 1);
  twin.faults.goAway();
  await using running = await start();
  expect(await readiness(running)).toEqual({ ok: false, phase: "starting", waitsFor: ["partitions", "output"] });
  twin.faults.comeBack();
  await eventually(async () => expect(await readiness(running)).toEqual({ ok: true, phase: "ready", waitsFor: [] }));
});

it("says which versions it counts under before its first tally", async () => {
  const { broker, admin, start } = await setUp("announcing");
  await admin.createTopics(Object.values(topics), 1);
  await using running = await start();
  await publishAsk(broker, "first");
  await eventually(async () => expect((await admin.offsets(topics.tallies.topic)).get(0)?.end).toBeGreaterThan(0));
  const { topic } = topics.tallies;
  for (const [partition, { end }] of await admin.offsets(topic))
    for await (const { records } of broker.reader().read({ topic, partition }, 0, Math.min(1, end))) {
      const decoded = codecs.decode("tallies", records[0]?.value ?? null);
      expect(decoded, `partition ${partition}`).toMatchObject({ record: { signal_type: "~control", tenant: "*" } });
    }
  await eventually(async () => expect(await readiness(running)).toMatchObject({ ok: true }));
});

it("turns interactions into signals, waits for a broker that takes nothing, and goes on", async () => {
  const { twin, broker, admin, start } = await setUp("whole");
  await admin.createTopics(Object.values(topics), 1);
  await using running = await start();
  const signals = async (): Promise<number> =>
    [...(await admin.offsets(topics.signals.topic)).values()].reduce((sum, { end }) => sum + end, 0);

  await publishAsk(broker, "first");
  await eventually(async () => expect(await signals()).toBeGreaterThan(0));
  const before = await signals();

  // Two commits in a row that the broker does not take.
  twin.faults.order("commit", "fail", "fail");
  await publishAsk(broker, "second");
  await eventually(async () => expect((await readiness(running)).waitsFor).toContain("broker"), { every: 5 });
  await eventually(async () => expect((await readiness(running)).ok).toBe(true));
  expect(await signals()).toBeGreaterThan(before);
});
