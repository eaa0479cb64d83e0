// Readiness and liveness.
import { expect, test } from "vitest";
import { createHealth } from "./health.ts";

test("a service is ready between start and stop, while every check holds", () => {
  const health = createHealth();
  let up = true;
  health.check("broker", () => (up ? { ok: true } : { ok: false, detail: "away" }));
  expect(health.readiness()).toMatchObject({ ok: false, phase: "starting" });
  health.setPhase("ready");
  expect(health.readiness().ok).toBe(true);
  up = false;
  expect(health.readiness()).toEqual({
    ok: false,
    phase: "ready",
    checks: [{ name: "broker", ok: false, detail: "away" }],
  });
  up = true;
  health.setPhase("stopping");
  expect(health.readiness().ok).toBe(false);
});

test("a service without checks is alive, and not ready counts as alive", () => {
  const health = createHealth();
  health.check("broker", () => ({ ok: false }));
  expect(health.liveness().ok).toBe(true);
});

test("a check that throws has failed and says why", () => {
  const health = createHealth();
  health.alive("task", () => {
    throw new Error("gone");
  });
  expect(health.liveness()).toMatchObject({ ok: false, checks: [{ name: "task", detail: "gone" }] });
});
