// kill -9 of a detector at named points: its successor says what it would have said, byte for byte, and nothing else.
import { describe, expect, it } from "vitest";
import { crashPoints } from "#detector/task.ts";
import { openScene, partitions, type Scene, traffic } from "#test/integration/detector-scene.ts";

const triesOf = async (scene: Scene): Promise<number> => {
  const { metadata = "{}" } = (await scene.positions()).get(0) ?? {};
  return (JSON.parse(metadata) as { readonly try?: number }).try ?? 0;
};

/** A first detector does its work in peace; the second dies; a third goes on. */
const dieAt = async (point: string): Promise<void> => {
  await using scene = await openScene();
  const events = traffic(point.length, 90);
  const third = Math.ceil(events.length / 3);

  await scene.publish(events.slice(0, third));
  const first = await scene.start();
  await scene.caughtUp();
  await first[Symbol.asyncDispose]();
  const before = await scene.positions();

  await scene.publish(events.slice(third, 2 * third));
  const second = await scene.start({ EARSHOT_CRASH_AT: `${point}:2` });
  expect(await second.ended).toBe("SIGKILL");
  const after = await scene.positions();
  for (const [partition, { offset }] of before)
    expect(after.get(partition)?.offset).toBeGreaterThanOrEqual(offset ?? 0);

  await scene.publish(events.slice(2 * third));
  const last = await scene.start();
  await scene.caughtUp();
  await last[Symbol.asyncDispose]();
  await expect(scene.check()).resolves.toBeUndefined();
};

describe("a detector killed", () => {
  it("at any point of recovery and of a batch changes nothing of what is said", { timeout: 180_000 }, async () => {
    // At once, for each waits 15 s until the group has given its dead member up.
    const deaths = await Promise.allSettled(crashPoints.map(dieAt));
    for (const death of deaths) expect(death).toEqual({ status: "fulfilled", value: undefined });
  });

  it("again and again is tried out with care, and its records with it", { timeout: 120_000 }, async () => {
    await using scene = await openScene();
    await scene.publish(traffic(7, 20));
    await scene.commit(0, '{"v":1,"try":2}');
    const dying = await scene.start({ EARSHOT_CRASH_AT: `after-restore:${partitions}` });
    expect(await dying.ended).toBe("SIGKILL");
    expect(await triesOf(scene)).toBe(3);

    const careful = await scene.start();
    await scene.caughtUp();
    await careful[Symbol.asyncDispose]();
    expect(await scene.logs()).toContain("trying records out first");
    expect(await triesOf(scene)).toBe(0);
    await scene.check();
  });
});
