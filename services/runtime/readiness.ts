// Says once that a service is ready, when every check holds for the first time; until then it says what it waits for.
import { type Clock, systemClock } from "./clock.ts";
import type { HealthState } from "./health.ts";
import type { Logger } from "./logger.ts";

interface ReadinessOptions {
  readonly health: Pick<HealthState, "readiness" | "setPhase">;
  readonly log: Pick<Logger, "info">;
  readonly clock?: Clock;
  /** How often to look, ms. */
  readonly every?: number;
}

/** Most starts take less: nothing needs to be said of them. */
const quietFor = 1000;
const sayEvery = 10_000;

/** The first look happens at once; disposing ends them. */
export const announceReadiness = (options: ReadinessOptions): Disposable => {
  const { health, log, clock = systemClock, every = 50 } = options;
  let sayAt = clock() + quietFor;

  const look = (): void => {
    const missing = health.readiness().checks.filter(({ ok }) => !ok);
    if (missing.length === 0) {
      clearInterval(timer);
      health.setPhase("ready");
      return log.info("ready");
    }
    if (clock() < sayAt) return;
    sayAt = clock() + sayEvery;
    const waitsFor = Object.fromEntries(missing.map(({ name, detail }) => [name, detail ?? "not ok"]));
    log.info({ waitsFor }, "not ready yet");
  };

  const timer = setInterval(look, every);
  timer.unref();
  look();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
