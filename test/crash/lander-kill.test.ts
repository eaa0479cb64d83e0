// kill -9 of the lander at each named point and wherever it stands, a member that wakes after its session ended, members that
// come and go: every row once, `landings` without gap or overlap.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crashPoints } from "#lander/landing.ts";
import { signal } from "#lander/test-records.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { openScene, type Scene } from "#test/integration/lander-scene.ts";
import { readiness } from "#test/integration/surroundings.ts";

/** More of them find rarer faults; each takes a session time-out of 15 s, all scenes at once. */
const rounds = Number(process.env["EARSHOT_KILL_ROUNDS"] ?? 1);

const perRound = 400;
const signalPartitions = 4;

/** Sends signals in small portions until `until` resolves, at least one round's worth; returns how many there are now. */
const publish = async (scene: Scene, from: number, until: Promise<unknown>): Promise<number> => {
  const state = { over: false };
  void until.finally(() => {
    state.over = true;
  });
  let next = from;
  while (next < from + perRound || !state.over) {
    const values = Array.from({ length: 20 }, (_, index) =>
      scene.codecs.encode("signals", signal({ ts: Date.now(), event_id: `id-${next + index}` })),
    );
    await scene.send("signals", values, { partition: (next / 20) % signalPartitions });
    next += values.length;
  }
  return next;
};

/** How many rows and distinct ids there are once everything has landed, and what is wrong with the ranges. */
const outcome = async (scene: Scene) => {
  await scene.landAll();
  const [row] = await scene.rows("SELECT count() AS n, uniqExact(event_id) AS ids FROM signals");
  return { ...row, flaws: await scene.flaws() };
};

describe("a lander", () => {
  const opened = new AsyncDisposableStack();
  const scenes = new Map<string, Scene>();
  beforeAll(async () => {
    for (const name of [...crashPoints, "anywhere", "suspended", "rebalanced"])
      scenes.set(name, opened.use(await openScene()));
  });
  afterAll(() => opened.disposeAsync());
  const sceneOf = (name: string): Scene => {
    const scene = scenes.get(name);
    if (scene === undefined) throw new Error(`no scene ${name}`);
    return scene;
  };

  it.concurrent.each(crashPoints)("killed %s has lost nothing and doubled nothing", async (point) => {
    const scene = sceneOf(point);
    let count = 0;
    for (let round = 0; round < rounds; round += 1) {
      // Not the first time the point is reached: ranges before and after it must fit together.
      const lander = await scene.start({ EARSHOT_CRASH_AT: `${point}:${3 + (round % 5)}` });
      count = await publish(scene, count, lander.ended);
      expect(await lander.ended).toBe("SIGKILL");
    }
    expect(await outcome(scene)).toEqual({ n: count, ids: count, flaws: [] });
  });

  it.concurrent("killed wherever it stood has lost nothing and doubled nothing", async () => {
    const scene = sceneOf("anywhere");
    let count = 0;
    for (let round = 0; round < rounds; round += 1) {
      const lander = await scene.start();
      count = await publish(scene, count, Promise.resolve());
      await lander.kill();
    }
    expect(await outcome(scene)).toEqual({ n: count, ids: count, flaws: [] });
  });

  it.concurrent("that wakes after its session ended doubles nothing of what its successor landed", async () => {
    const scene = sceneOf("suspended");
    const zombie = await scene.start();
    let count = await publish(scene, 0, Promise.resolve());
    process.kill(zombie.pid, "SIGSTOP");
    const successor = await scene.start();
    count = await publish(scene, count, Promise.resolve());
    process.kill(zombie.pid, "SIGCONT");
    count = await publish(scene, count, Promise.resolve());
    for (const lander of [zombie, successor])
      await eventually(async () => expect(await readiness(lander)).toMatchObject({ group: "ok" }));
    await Promise.all([zombie, successor].map((lander) => lander[Symbol.asyncDispose]()));
    expect(await outcome(scene)).toEqual({ n: count, ids: count, flaws: [] });
  });

  it.concurrent("shares the partitions with others that come and go", async () => {
    const scene = sceneOf("rebalanced");
    await using steady = await scene.start();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const publishing = publish(scene, 0, left);
    for (let guests = 0; guests < 2; guests += 1) {
      await using guest = await scene.start();
      expect(await readiness(guest)).toMatchObject({ group: "ok" });
    }
    leave();
    const count = await publishing;
    // It joins anew after the last guest has left.
    await eventually(async () => expect(await readiness(steady)).toMatchObject({ group: "ok" }));
    await steady[Symbol.asyncDispose]();
    expect(await outcome(scene)).toEqual({ n: count, ids: count, flaws: [] });
  });
});
