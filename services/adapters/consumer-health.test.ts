import { describe, expect, it } from "vitest";
import { createHealth } from "#runtime/health.ts";
import { watchConsumer } from "./consumer-health.ts";

const now = 1_000_000;

const at = (partitions: readonly number[]) => partitions.map((partition) => ({ topic: "t", partition }));

const healthOf = ({
  joined = true,
  silent = 0,
  unanswered = 0,
  recovering = [] as readonly number[],
  stalled = [] as readonly number[],
}) => {
  const health = createHealth();
  health.setPhase("ready");
  const activity = () => ({
    joined,
    lastHeartbeat: now - silent,
    lastAnswer: now - unanswered,
    assigned: at([0, 1, 2, 3]),
    recovering: at(recovering),
    stalled: at(stalled),
  });
  watchConsumer({ activity }, health, () => now);
  return health;
};

describe("a consumer", () => {
  it("is ready while it is in its group", () => {
    expect(healthOf({}).readiness().ok).toBe(true);
    expect(healthOf({ joined: false }).readiness().ok).toBe(false);
  });

  it("is not ready while the broker answers nothing, and stays alive", () => {
    expect(healthOf({ unanswered: 10_000 }).readiness().ok).toBe(true);
    const health = healthOf({ unanswered: 11_000 });
    expect(health.readiness().checks).toContainEqual({
      name: "group",
      ok: false,
      detail: "the broker has not answered for 11 s",
    });
    expect(health.liveness().ok).toBe(true);
  });

  it("is not ready before all its partitions have recovered", () => {
    expect(healthOf({ recovering: [1, 3] }).readiness().checks).toContainEqual({
      name: "partitions",
      ok: false,
      detail: "recovering 2 of 4",
    });
  });

  it("is dead when it says nothing for a minute, or a partition stalls", () => {
    expect(healthOf({ silent: 60_000 }).liveness().ok).toBe(true);
    expect(healthOf({ silent: 61_000 }).liveness().checks[0]?.detail).toBe("no sign of life for 61 s");
    expect(healthOf({ stalled: [3] }).liveness().checks[0]?.detail).toBe("stalled: t:3");
  });
});
