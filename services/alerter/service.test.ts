// The whole alerter on the in-process broker: incidents opened and resolved once, whoever does it, and readiness until then.
import { expect, it } from "vitest";
import type { HealthReport } from "#runtime/health.ts";
import { silentLogger } from "#runtime/logger.ts";
import { startService } from "#runtime/service.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { alerterWith } from "./service.ts";
import { testFolds } from "./test-fold.ts";
import { minute, openWorld, tally } from "./test-world.ts";

const setUp = async (name: string) => {
  const world = await openWorld(`alerter-${name}`);
  const resumed: number[] = [];
  const env = {
    KAFKA_BROKERS: `memory://alerter-${name}`,
    SCHEMA_REGISTRY_URL: "memory://schemas",
    EARSHOT_PARTITIONS: "1",
    EARSHOT_ALERT_FOLLOW_INTERVAL: "50ms",
  };
  const start = (over: Readonly<Record<string, string>> = {}) =>
    startService(alerterWith(testFolds(resumed)), { env: { ...env, ...over }, log: silentLogger });
  return { world, resumed, start };
};

const states = async (world: Awaited<ReturnType<typeof openWorld>>) =>
  (await world.said("incidents")).map(({ tenant, rev, state }) => `${tenant} ${rev} ${state}`);

it("opens and resolves an incident once, also when another alerter goes on", async () => {
  const { world, start } = await setUp("goes-on");
  await using _ = world;
  const first = await start();
  await world.publish([tally({ minute: 1 * minute }), tally({ minute: 2 * minute, fired: 9 })]);
  await eventually(async () => expect(await states(world)).toEqual(["acme 1 open"]));
  await first[Symbol.asyncDispose]();

  await using _second = await start();
  await world.publish([tally({ minute: 3 * minute, fired: 0 })]);
  await eventually(async () => expect(await states(world)).toEqual(["acme 1 open", "acme 2 resolved"]));
});

it("goes on from a snapshot, and folds what came since in silence", async () => {
  const { world, resumed, start } = await setUp("snapshot");
  await using _ = world;
  const first = await start({ EARSHOT_ALERT_SNAPSHOT_INTERVAL: "1s" });
  await world.publish([tally({ minute: 1 * minute, fired: 9 })]);
  await eventually(async () => {
    await world.publish([tally({ minute: 2 * minute })]);
    expect((await world.said("alerter-state")).some(({ chunk }) => chunk === -1)).toBe(true);
  });
  await first[Symbol.asyncDispose]();

  await using _second = await start();
  await world.publish([tally({ minute: 9 * minute, fired: 0 })]);
  await eventually(async () => expect(await states(world)).toEqual(["acme 1 open", "acme 2 resolved"]));
  expect(resumed[0]).toBeGreaterThan(0);
});

it("is not ready while the broker is away, and says so", async () => {
  const { world, start } = await setUp("away");
  await using _ = world;
  await using running = await start();
  const ready = async (): Promise<HealthReport> =>
    (await (await fetch(`http://127.0.0.1:${running.port}/readyz`)).json()) as HealthReport;
  await eventually(async () => expect((await ready()).ok).toBe(true));
  world.twin.faults.goAway();
  await eventually(async () =>
    expect((await ready()).checks.filter(({ ok }) => !ok).map(({ name }) => name)).toContain("broker"),
  );
  world.twin.faults.comeBack();
  await eventually(async () => expect((await ready()).ok).toBe(true));
});
