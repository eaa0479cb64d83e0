// Silence is noticed, a suspended process forgiven.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHealth } from "./health.ts";
import { createHeartbeat, createWatchdog } from "./watchdog.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a heartbeat is alive until its limit has passed in silence", () => {
  let now = 0;
  const heartbeat = createHeartbeat({ limit: 30_000, clock: () => now });
  now = 30_000;
  expect(heartbeat.alive()).toBe(true);
  now = 31_000;
  expect(heartbeat.alive()).toBe("no sign of life for 31 s, limit 30s");
  heartbeat.beat();
  expect(heartbeat.alive()).toBe(true);
});

test("two dead looks in a row fail the service, naming what died", () => {
  const health = createHealth();
  const failed: Error[] = [];
  health.alive("consumer", () => "no fetch for 60 s");
  using watchdog = createWatchdog({ health, fail: (error) => failed.push(error), every: 1000 });
  expect(watchdog).toBeDefined();
  vi.advanceTimersByTime(1000);
  expect(failed).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(failed.map(({ message }) => message)).toEqual([
    "The process does no work any more: consumer: no fetch for 60 s",
  ]);
});

test("one dead look, as after a suspended process wakes, is forgiven", () => {
  const health = createHealth();
  const failed: Error[] = [];
  const answers = [false, true, false, true];
  health.alive("consumer", () => answers.shift() ?? true);
  using watchdog = createWatchdog({ health, fail: (error) => failed.push(error), every: 1000 });
  expect(watchdog).toBeDefined();
  vi.advanceTimersByTime(10_000);
  expect(failed).toEqual([]);
});
