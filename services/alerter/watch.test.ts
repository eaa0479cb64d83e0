// What an alerter shows of itself: readiness, how far it is, who waits for a message, how good the alerts were.
import { expect, it } from "vitest";
import { createHealth } from "#runtime/health.ts";
import { createMetrics } from "#runtime/metrics.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { createLedger } from "./ledger.ts";
import type { Task } from "./task.ts";
import { blankIncident, withNotice } from "./test-fold.ts";
import { watch } from "./watch.ts";

const now = 10_000_000;

const meters = {
  rejected: new Map([["future_minute", 3]]),
  slices: 12,
  cells: 40,
  folded: 5,
  warming: 2,
  tracks: 9,
};

const setUp = (records: readonly IncidentRecord[], failingSince: number | null = null) => {
  const health = createHealth();
  health.setPhase("ready");
  const metrics = createMetrics("test", { defaults: false });
  const ledger = createLedger();
  for (const record of records)
    ledger.addIncident({ partition: 1, at: 0, fromLog: true }, withNotice(record, "opened"));
  const task = { fold: { time: now - 90_000, meters: () => meters } } as unknown as Task;
  watch({
    producer: { failingSince },
    tasks: { live: () => [{ partition: 1, task, lag: 7 }].values(), snapshotAt: new Map([[1, now - 60_000]]) },
    lanes: {
      states: () => [{ destination: "hook", owed: 2, oldestDue: now - 30_000, breakerOpen: true, disabled: false }],
    },
    ledger,
    metrics,
    health,
    clock: () => now,
  });
  return { health, metrics };
};

it("is not ready while nothing that it says is acknowledged", () => {
  expect(setUp([]).health.readiness().ok).toBe(true);
  expect(setUp([], now - 9000).health.readiness().checks).toContainEqual({
    name: "output",
    ok: false,
    detail: "nothing acknowledged for 9 s",
  });
});

it("shows how far each partition is, what was not counted, and what waits to be told", async () => {
  const text = await setUp([blankIncident()]).metrics.render();
  for (const line of [
    'earshot_input_lag_records{partition="1"} 7',
    'earshot_alert_time_age_seconds{partition="1"} 90',
    'earshot_alert_snapshot_age_seconds{partition="1"} 60',
    'earshot_alert_rejected_tallies{partition="1",reason="future_minute"} 3',
    'earshot_alert_tracks{partition="1",state="warming"} 2',
    'earshot_alert_tracks{partition="1",state="watching"} 7',
    'earshot_alert_outbox{destination="hook"} 2',
    'earshot_alert_outbox_age_seconds{destination="hook"} 30',
    'earshot_alert_breaker_open{destination="hook"} 1',
    'earshot_alert_live_incidents{state="open",class="quality",severity="SEV2"} 1',
  ])
    expect(text).toContain(line);
});

const judged = (id: string, verdict: string, over: Partial<IncidentRecord> = {}) =>
  blankIncident({ incident_id: id, state: "closed", verdict, onset: 0, opened_at: 600_000, ...over });

it("shows no precision where nobody has judged, and the judges' figures where somebody has", async () => {
  expect(await setUp([blankIncident()]).metrics.render()).not.toMatch(/^earshot_alert_(precision|recall) /m);
  const text = await setUp([
    judged("a", "confirmed", { acked_at: 660_000, resolved_at: 4_200_000 }),
    judged("b", "confirmed", { reported_at: 300_000, onset: 400_000 }),
    judged("c", "confirmed", { onset: 500_000 }),
    judged("d", "false_alarm"),
  ]).metrics.render();
  expect(text).toMatch(/^earshot_alert_precision 0\.75$/m);
  expect(text).toMatch(/^earshot_alert_recall 0\.66/m);
  expect(text).toContain('earshot_alert_median_seconds{span="delay"} 200');
  expect(text).toContain('earshot_alert_median_seconds{span="acknowledge"} 60');
  expect(text).toContain('earshot_alert_median_seconds{span="recover"} 3600');
});
