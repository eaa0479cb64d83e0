// Silence is noticed, a suspended process forgiven.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHealth } from "./health.ts";
import { createWatchdog } from "./watchdog.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
