// What can be seen of the lander from outside: whether it is ready, whether it still works, how far behind it is.
import type { Health } from "#runtime/health.ts";
import type { Metrics } from "#runtime/metrics.ts";
import type { Lanes } from "./lanes.ts";

interface Watched {
  readonly lanes: Pick<Lanes, "lags" | "recovering">;
  readonly metrics: Metrics;
  readonly health: Health;
}

export const watch = ({ lanes, metrics, health }: Watched): void => {
  health.check("partitions", () =>
    lanes.recovering === 0 ? { ok: true } : { ok: false, detail: `recovering ${lanes.recovering}` },
  );

  const lag = metrics.gauge("earshot_lander_lag_records", "Records in the log and not landed", ["topic", "partition"]);
  metrics.beforeScrape(() => {
    lag.reset();
    for (const { partition, lag: behind } of lanes.lags())
      lag.set({ topic: partition.topic, partition: partition.partition }, behind);
  });
};
