// Whether a consumer is in its group, has its partitions, and still works: kafkajs can stop without an event (streams.md K21).
import { type Clock, systemClock } from "#runtime/clock.ts";
import type { Health } from "#runtime/health.ts";
import type { GroupConsumer } from "./broker-port.ts";

/** Four session time-outs: a consumer that lives shows it every few seconds, also while it looks for the broker. */
const silenceLimit = 60_000;
/** Four heartbeats, and less than a session time-out (15 s). */
const answerLimit = 10_000;

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** `prefix` tells the checks of several consumers in one process apart. */
export const watchConsumer = (
  consumer: Pick<GroupConsumer, "activity">,
  health: Health,
  clock: Clock = systemClock,
  prefix = "",
): void => {
  health.check(`${prefix}group`, () => {
    const { joined, lastAnswer } = consumer.activity();
    if (!joined) return { ok: false, detail: "not in the group" };
    const silence = clock() - lastAnswer;
    if (silence <= answerLimit) return { ok: true };
    return { ok: false, detail: `the broker has not answered for ${seconds(silence)}` };
  });
  health.check(`${prefix}partitions`, () => {
    const { assigned, recovering } = consumer.activity();
    if (recovering.length === 0) return { ok: true };
    return { ok: false, detail: `recovering ${recovering.length} of ${assigned.length}` };
  });
  health.alive(`${prefix}consumer`, () => {
    const { lastHeartbeat, stalled } = consumer.activity();
    if (stalled.length > 0)
      return `stalled: ${stalled.map(({ topic, partition }) => `${topic}:${partition}`).join(", ")}`;
    const silence = clock() - lastHeartbeat;
    return silence <= silenceLimit || `no sign of life for ${seconds(silence)}`;
  });
};
