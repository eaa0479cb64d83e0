// Liveness is a heartbeat with a deadline: kafkajs can stop working without an event (streams.md K21), so silence must be noticed.
import { type Clock, systemClock } from "./clock.ts";
import { AppError } from "./errors.ts";
import type { HealthState } from "./health.ts";
import { formatDuration } from "./units.ts";

export interface Heartbeat {
  beat(): void;
  /** For `health.alive`: true, or since when nothing was heard. */
  alive(): true | string;
}

/** Goes stale when `beat` was not called for `limit` ms. */
export const createHeartbeat = ({ limit, clock = systemClock }: { limit: number; clock?: Clock }): Heartbeat => {
  let last = clock();
  return {
    beat: () => {
      last = clock();
    },
    alive: () => {
      const silence = clock() - last;
      return silence <= limit || `no sign of life for ${Math.round(silence / 1000)} s, limit ${formatDuration(limit)}`;
    },
  };
};

interface WatchdogOptions {
  readonly health: Pick<HealthState, "liveness">;
  readonly fail: (error: Error) => void;
  /** How often to look, ms. */
  readonly every?: number;
}

/** Fails the service when a liveness check fails twice in a row: once may just be a process that was suspended and wakes. */
export const createWatchdog = ({ health, fail, every = 5000 }: WatchdogOptions): Disposable => {
  let failedBefore = false;
  const timer = setInterval(() => {
    const report = health.liveness();
    if (!report.ok && failedBefore) {
      const dead = report.checks.filter((one) => !one.ok).map((one) => `${one.name}: ${one.detail ?? "not alive"}`);
      fail(new AppError("stalled", `The process does no work any more: ${dead.join("; ")}`));
    }
    failedBefore = !report.ok;
  }, every);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
