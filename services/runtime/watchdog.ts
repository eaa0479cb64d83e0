// Ends a process that lives on without working: kafkajs can stop without an event, so liveness checks are looked at all the time.
import { AppError } from "./errors.ts";
import type { HealthState } from "./health.ts";

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
