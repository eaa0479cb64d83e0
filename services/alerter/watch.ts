// What can be seen of the alerter from outside: whether it is ready, how far it has come, how people were told, how good the alerts were.
import type { Producer } from "#adapters/broker-port.ts";
import { type Clock, systemClock } from "#runtime/clock.ts";
import type { Health } from "#runtime/health.ts";
import type { Metrics } from "#runtime/metrics.ts";
import type { Lanes } from "./lanes.ts";
import type { Ledger } from "./ledger.ts";
import type { Tasks } from "./tasks.ts";
import { verdictsOf } from "./verdicts.ts";

interface Watched {
  readonly producer: Pick<Producer, "failingSince">;
  readonly tasks: Pick<Tasks, "live" | "snapshotAt">;
  readonly lanes: Pick<Lanes, "states">;
  readonly ledger: Pick<Ledger, "cases">;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly clock?: Clock;
}

const isLive = (state: string): boolean => state !== "resolved" && state !== "closed";

const watchTasks = ({ tasks, metrics, clock = systemClock }: Watched): void => {
  const lag = metrics.gauge("earshot_input_lag_records", "Records in the log after the last batch", ["partition"]);
  const age = metrics.gauge(
    "earshot_alert_time_age_seconds",
    "How far alerter time, the least watermark of the input, is behind the clock",
    ["partition"],
  );
  const snapshot = metrics.gauge(
    "earshot_alert_snapshot_age_seconds",
    "Since the memory of a partition was written down; what came since is folded again after a restart",
    ["partition"],
  );
  const rejected = metrics.gauge("earshot_alert_rejected_tallies", "Tallies that were not counted, since the restore", [
    "partition",
    "reason",
  ]);
  const tracks = metrics.gauge("earshot_alert_tracks", "Series that are watched; warming: those that do not page yet", [
    "partition",
    "state",
  ]);
  const kept = metrics.gauge(
    "earshot_alert_kept",
    "Slices and cells in memory; folded: those counted together because the budget is spent",
    ["partition", "what"],
  );
  metrics.beforeScrape(() => {
    for (const gauge of [lag, age, snapshot, rejected, tracks, kept]) gauge.reset();
    for (const { partition, task, lag: behind } of tasks.live()) {
      const { time } = task.fold;
      const meters = task.fold.meters();
      const written = tasks.snapshotAt.get(partition) ?? null;
      lag.set({ partition }, behind);
      if (Number.isFinite(time)) age.set({ partition }, (clock() - time) / 1000);
      if (written !== null) snapshot.set({ partition }, (clock() - written) / 1000);
      for (const [reason, count] of meters.rejected) rejected.set({ partition, reason }, count);
      tracks.set({ partition, state: "warming" }, meters.warming);
      tracks.set({ partition, state: "watching" }, meters.tracks - meters.warming);
      kept.set({ partition, what: "slices" }, meters.slices);
      kept.set({ partition, what: "cells" }, meters.cells);
      kept.set({ partition, what: "folded" }, meters.folded);
    }
  });
};

const watchLanes = ({ lanes, metrics, clock = systemClock }: Watched): void => {
  const owed = metrics.gauge("earshot_alert_outbox", "Notifications that are owed, the head of each incident's queue", [
    "destination",
  ]);
  const oldest = metrics.gauge("earshot_alert_outbox_age_seconds", "Since when the oldest of them has been due", [
    "destination",
  ]);
  const breaker = metrics.gauge("earshot_alert_breaker_open", "1 while a destination is only probed once a minute", [
    "destination",
  ]);
  const disabled = metrics.gauge("earshot_alert_destination_disabled", "1 for a destination that answered 410", [
    "destination",
  ]);
  metrics.beforeScrape(() => {
    for (const gauge of [owed, oldest, breaker, disabled]) gauge.reset();
    for (const { destination, owed: count, oldestDue, breakerOpen, disabled: off } of lanes.states()) {
      owed.set({ destination }, count);
      oldest.set({ destination }, oldestDue === null ? 0 : (clock() - oldestDue) / 1000);
      breaker.set({ destination }, breakerOpen ? 1 : 0);
      disabled.set({ destination }, off ? 1 : 0);
    }
  });
};

const watchIncidents = ({ ledger, tasks, metrics }: Watched): void => {
  const live = metrics.gauge("earshot_alert_live_incidents", "Incidents that are not resolved", [
    "state",
    "class",
    "severity",
  ]);
  const precision = metrics.gauge(
    "earshot_alert_precision",
    "Pages that people confirmed ÷ pages with a verdict; absent without any",
  );
  const recall = metrics.gauge(
    "earshot_alert_recall",
    "Confirmed incidents that were told before a person reported them ÷ confirmed incidents; absent without any",
  );
  const seconds = metrics.gauge(
    "earshot_alert_median_seconds",
    "Of confirmed incidents: onset to opening (delay), opening to acknowledgement, opening to the end (recover)",
    ["span"],
  );
  metrics.beforeScrape(() => {
    live.reset();
    seconds.reset();
    precision.remove();
    recall.remove();
    // Each instance tells of its own partitions, so that a sum over instances counts none twice.
    const own = new Set([...tasks.live()].map(({ partition }) => partition));
    for (const { partition, record } of ledger.cases())
      if (own.has(partition) && isLive(record.state))
        live.inc({ state: record.state, class: record.class, severity: record.severity });
    const found = verdictsOf(ledger.cases());
    if (found.precision.value !== undefined) precision.set(found.precision.value);
    if (found.recall.value !== undefined) recall.set(found.recall.value);
    const { delay, acknowledge, recover } = found;
    for (const [span, value] of Object.entries({ delay, acknowledge, recover }))
      if (value !== undefined) seconds.set({ span }, value / 1000);
  });
};

export const watch = (watched: Watched): void => {
  const { producer, health, clock = systemClock } = watched;
  health.check("output", () => {
    const { failingSince: since } = producer;
    if (since === null) return { ok: true };
    return { ok: false, detail: `nothing acknowledged for ${Math.round((clock() - since) / 1000)} s` };
  });
  watchTasks(watched);
  watchLanes(watched);
  watchIncidents(watched);
};
