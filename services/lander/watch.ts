// What can be seen of the lander from outside: whether it is ready, whether it still works, how far behind it is.
import type { GroupConsumer } from "#adapters/broker-port.ts";
import { type Clock, systemClock } from "#runtime/clock.ts";
import type { Health } from "#runtime/health.ts";
import type { Metrics } from "#runtime/metrics.ts";
import type { Lanes } from "./lanes.ts";

interface Watched {
  readonly consumer: Pick<GroupConsumer, "activity">;
  readonly lanes: Pick<Lanes, "lags" | "recovering">;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly clock?: Clock;
}

/** Four session time-outs: a consumer that lives shows it every few seconds, also while it looks for the broker. */
const silenceLimit = 60_000;

export const watch = ({ consumer, lanes, metrics, health, clock = systemClock }: Watched): void => {
  health.check("group", () => (consumer.activity().joined ? { ok: true } : { ok: false, detail: "not in the group" }));
  health.check("partitions", () =>
    lanes.recovering === 0 ? { ok: true } : { ok: false, detail: `recovering ${lanes.recovering}` },
  );
  health.alive("consumer", () => {
    const { lastHeartbeat, stalled } = consumer.activity();
    if (stalled.length > 0)
      return `stalled: ${stalled.map(({ topic, partition }) => `${topic}:${partition}`).join(", ")}`;
    const silence = clock() - lastHeartbeat;
    return silence <= silenceLimit || `no sign of life for ${Math.round(silence / 1000)} s`;
  });

  const lag = metrics.gauge("earshot_lander_lag_records", "Records in the log and not landed", ["topic", "partition"]);
  metrics.beforeScrape(() => {
    lag.reset();
    for (const { partition, lag: behind } of lanes.lags())
      lag.set({ topic: partition.topic, partition: partition.partition }, behind);
  });
};
