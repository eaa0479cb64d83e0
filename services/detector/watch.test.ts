// What a detector shows of itself: readiness, gauges.
import { describe, expect, it } from "vitest";
import { createHealth } from "#runtime/health.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { watch } from "./watch.ts";

const now = 1_000_000;

const setUp = ({ failingSince = null as number | null, visitBudget = 7 } = {}) => {
  const health = createHealth();
  health.setPhase("ready");
  const metrics = createMetrics("test", { defaults: false });
  const tasks = {
    live: () => [{ partition: 3, watermark: now - 40_000, visits: 7, lag: 12 }].values(),
  };
  watch({
    producer: { failingSince },
    tasks,
    metrics,
    health,
    visitBudget,
    clock: () => now,
  });
  return { health, metrics };
};

describe("a detector", () => {
  it("is ready while it has room for its visits, and the broker's ear", () => {
    expect(setUp().health.readiness().ok).toBe(true);
    expect(setUp({ failingSince: now - 9000 }).health.readiness().checks).toContainEqual({
      name: "output",
      ok: false,
      detail: "nothing acknowledged for 9 s",
    });
    expect(setUp({ visitBudget: 6 }).health.readiness().checks).toContainEqual({
      name: "visits",
      ok: false,
      detail: "7 live visits, budget 6",
    });
  });

  it("shows how far each partition has come", async () => {
    const text = await setUp().metrics.render();
    expect(text).toContain('earshot_watermark_lag_seconds{partition="3"} 40');
    expect(text).toContain('earshot_live_visits{partition="3"} 7');
    expect(text).toContain('earshot_input_lag_records{partition="3"} 12');
  });
});
