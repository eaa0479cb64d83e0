import { describe, expect, it } from "vitest";
import { createHealth } from "#runtime/health.ts";
import { watchConsumer } from "./consumer-health.ts";

const now = 1_000_000;

const healthOf = ({ joined = true, silent = 0, stalled = [] as readonly number[] }) => {
  const health = createHealth();
  health.setPhase("ready");
  const activity = () => ({
    joined,
    lastHeartbeat: now - silent,
    assigned: [],
    stalled: stalled.map((partition) => ({ topic: "t", partition })),
  });
  watchConsumer({ activity }, health, () => now);
  return health;
};

describe("a consumer", () => {
  it("is ready while it is in its group", () => {
    expect(healthOf({}).readiness().ok).toBe(true);
    expect(healthOf({ joined: false }).readiness().ok).toBe(false);
  });

  it("is dead when it says nothing for a minute, or a partition stalls", () => {
    expect(healthOf({ silent: 60_000 }).liveness().ok).toBe(true);
    expect(healthOf({ silent: 61_000 }).liveness().checks[0]?.detail).toBe("no sign of life for 61 s");
    expect(healthOf({ stalled: [3] }).liveness().checks[0]?.detail).toBe("stalled: t:3");
  });
});
