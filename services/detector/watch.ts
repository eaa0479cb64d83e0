// What can be seen of the detector from outside: whether it is ready, whether it still works, how far it has come.
import type { Producer } from "#adapters/broker-port.ts";
import { type Clock, systemClock } from "#runtime/clock.ts";
import type { Health } from "#runtime/health.ts";
import type { Metrics } from "#runtime/metrics.ts";
import type { Partitions } from "./partitions.ts";

interface Watched {
  readonly producer: Pick<Producer, "failingSince">;
  readonly tasks: Pick<Partitions, "live">;
  readonly metrics: Metrics;
  readonly health: Health;
  /** Live visits that this process has memory for. */
  readonly visitBudget: number;
  readonly clock?: Clock;
}

export const watch = ({ producer, tasks, metrics, health, visitBudget, clock = systemClock }: Watched): void => {
  health.check("output", () => {
    const { failingSince: since } = producer;
    if (since === null) return { ok: true };
    return { ok: false, detail: `nothing acknowledged for ${Math.round((clock() - since) / 1000)} s` };
  });
  health.check("visits", () => {
    const alive = [...tasks.live()].reduce((sum, { visits: own }) => sum + own, 0);
    return alive <= visitBudget ? { ok: true } : { ok: false, detail: `${alive} live visits, budget ${visitBudget}` };
  });

  const watermarkLag = metrics.gauge("earshot_watermark_lag_seconds", "How far the watermark is behind the clock", [
    "partition",
  ]);
  const visits = metrics.gauge("earshot_live_visits", "Visits in memory", ["partition"]);
  const lag = metrics.gauge("earshot_input_lag_records", "Records in the log after the last batch", ["partition"]);
  metrics.beforeScrape(() => {
    for (const gauge of [watermarkLag, visits, lag]) gauge.reset();
    for (const { partition, watermark, visits: alive, lag: behind } of tasks.live()) {
      if (Number.isFinite(watermark)) watermarkLag.set({ partition }, (clock() - watermark) / 1000);
      visits.set({ partition }, alive);
      lag.set({ partition }, behind);
    }
  });
};
