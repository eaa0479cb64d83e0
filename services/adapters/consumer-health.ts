// Whether a consumer is in its group, and whether it still works: kafkajs can stop without an event (streams.md K21).
import { type Clock, systemClock } from "#runtime/clock.ts";
import type { Health } from "#runtime/health.ts";
import type { GroupConsumer } from "./broker-port.ts";

/** Four session time-outs: a consumer that lives shows it every few seconds, also while it looks for the broker. */
const silenceLimit = 60_000;

export const watchConsumer = (
  consumer: Pick<GroupConsumer, "activity">,
  health: Health,
  clock: Clock = systemClock,
): void => {
  health.check("group", () => (consumer.activity().joined ? { ok: true } : { ok: false, detail: "not in the group" }));
  health.alive("consumer", () => {
    const { lastHeartbeat, stalled } = consumer.activity();
    if (stalled.length > 0)
      return `stalled: ${stalled.map(({ topic, partition }) => `${topic}:${partition}`).join(", ")}`;
    const silence = clock() - lastHeartbeat;
    return silence <= silenceLimit || `no sign of life for ${Math.round(silence / 1000)} s`;
  });
};
