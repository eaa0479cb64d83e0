// What can be seen of the lander from outside: how far behind it is.
import type { Metrics } from "#runtime/metrics.ts";
import type { Lanes } from "./lanes.ts";

interface Watched {
  readonly lanes: Pick<Lanes, "lags">;
  readonly metrics: Metrics;
}

export const watch = ({ lanes, metrics }: Watched): void => {
  const lag = metrics.gauge("earshot_lander_lag_records", "Records in the log and not landed", ["topic", "partition"]);
  metrics.beforeScrape(() => {
    lag.reset();
    for (const { partition, lag: behind } of lanes.lags())
      lag.set({ topic: partition.topic, partition: partition.partition }, behind);
  });
};
