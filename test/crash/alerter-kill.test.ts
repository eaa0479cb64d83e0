// kill -9 of an alerter at each step of open, notify, deliver and resolve: one incident, and one body for each notification.
import { describe, expect, it } from "vitest";
import type { CrashPoint } from "#alerter/crash-points.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { openScene, storyLines } from "#test/integration/alerter-scene.ts";

/** The second alerter dies while the incident opens; a third sees it through. */
const dieWhileOpening = async (point: CrashPoint): Promise<void> => {
  await using scene = await openScene();
  const first = await scene.start();
  await scene.caughtUp();
  await first[Symbol.asyncDispose]();

  const second = await scene.start({ EARSHOT_CRASH_AT: point });
  await scene.play(storyLines(undefined, "12:30"));
  expect(await second.ended).toBe("SIGKILL");

  await scene.start();
  await scene.told("opened");
  await scene.play(storyLines("12:30", "14:00"));
  await scene.told("resolved");
  await scene.caughtUp();
  await expect(scene.check()).resolves.toBeUndefined();
};

/** The second dies when it goes on with an open incident, at the latest while it ends. */
const dieWhileResolving = async (point: CrashPoint): Promise<void> => {
  await using scene = await openScene();
  const first = await scene.start({ EARSHOT_ALERT_SNAPSHOT_INTERVAL: "1s" });
  await scene.caughtUp();
  await scene.play(storyLines(undefined, "12:30"));
  await scene.told("opened");
  await scene.caughtUp();
  await first[Symbol.asyncDispose]();

  const second = await scene.start({ EARSHOT_ALERT_SNAPSHOT_INTERVAL: "1s", EARSHOT_CRASH_AT: point });
  let alive = true;
  const ended = second.ended.finally(() => {
    alive = false;
  });
  // A minute of the story after the other, for memory is written down between batches.
  const minutes = [...Map.groupBy(storyLines("12:30", "14:00"), ({ at }) => at).values()];
  await eventually(
    async () => {
      await scene.play(minutes.shift() ?? []);
      return !alive;
    },
    { within: 60_000 },
  );
  await scene.play(minutes.flat());
  expect(await ended).toBe("SIGKILL");

  await scene.start();
  await scene.told("resolved");
  await scene.caughtUp();
  await expect(scene.check()).resolves.toBeUndefined();
};

const opening = [
  "before-incidents",
  "after-incidents",
  "after-commit",
  "before-attempt",
  "after-attempt",
  "after-delivery",
] as const;

const resolving = [
  "in-recovery",
  "after-restore",
  "before-incidents",
  "after-incidents",
  "after-chunks",
  "after-snapshot",
  "before-attempt",
  "after-attempt",
] as const;

describe("an alerter killed", () => {
  // At once, for each waits 15 s until the group has given its dead member up.
  it("while an incident opens and is told", { timeout: 240_000 }, async () => {
    for (const death of await Promise.allSettled(opening.map(dieWhileOpening)))
      expect(death).toEqual({ status: "fulfilled", value: undefined });
  });

  it("while it takes over, remembers, and ends an incident", { timeout: 240_000 }, async () => {
    for (const death of await Promise.allSettled(resolving.map(dieWhileResolving)))
      expect(death).toEqual({ status: "fulfilled", value: undefined });
  });
});
