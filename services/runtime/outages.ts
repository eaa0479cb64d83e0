// Waiting for what a process depends on, seen from outside: not ready while anybody waits, one log line a minute, counted.
import { type Clock, systemClock } from "./clock.ts";
import type { Health } from "./health.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { forever } from "./retry.ts";

export interface Waiting {
  /** Ends the waiting: the signal's reason is thrown. */
  readonly signal: AbortSignal;
  /** Which errors mean "away"; all others pass through. */
  readonly isOutage: (error: Error) => boolean;
}

export interface Outages<D extends string> {
  /** Repeats `work` with back-off for as long as the dependency is away. */
  wait<T>(dependency: D, work: () => Promise<T>, waiting: Waiting): Promise<T>;
}

interface OutageOptions<D extends string> {
  readonly dependencies: readonly D[];
  readonly log: Pick<Logger, "warn" | "info">;
  readonly metrics: Metrics;
  readonly health: Pick<Health, "check">;
  readonly clock?: Clock;
  /** First pause between attempts, ms. */
  readonly pause?: number;
}

/** However many wait for the same thing, it is said once. */
interface Outage {
  waiters: number;
  since: number;
  saidAt: number;
  message: string;
}

const sayEvery = 60_000;

export const createOutages = <D extends string>(options: OutageOptions<D>): Outages<D> => {
  const { dependencies, log, metrics, health, clock = systemClock, pause = 100 } = options;
  const retries = metrics.counter("earshot_dependency_retries_total", "Failed attempts while a dependency was away", [
    "dependency",
  ]);
  const up = metrics.gauge("earshot_dependency_up", "0 while work waits for the dependency", ["dependency"]);
  const outages = new Map<D, Outage>();

  for (const dependency of dependencies) {
    up.set({ dependency }, 1);
    health.check(dependency, () => {
      const outage = outages.get(dependency);
      if (outage === undefined) return { ok: true };
      return { ok: false, detail: `away for ${Math.round((clock() - outage.since) / 1000)} s: ${outage.message}` };
    });
  }

  const join = (dependency: D): Outage => {
    const outage = outages.get(dependency) ?? {
      waiters: 0,
      since: clock(),
      saidAt: Number.NEGATIVE_INFINITY,
      message: "",
    };
    outage.waiters += 1;
    outages.set(dependency, outage);
    up.set({ dependency }, 0);
    return outage;
  };

  const leave = (dependency: D, outage: Outage): void => {
    outage.waiters -= 1;
    if (outage.waiters > 0) return;
    outages.delete(dependency);
    up.set({ dependency }, 1);
    log.info({ dependency, ms: clock() - outage.since }, "nobody waits for the dependency any more");
  };

  const note = (dependency: D, outage: Outage, error: Error): void => {
    retries.inc({ dependency });
    outage.message = error.message;
    if (clock() - outage.saidAt < sayEvery) return;
    outage.saidAt = clock();
    log.warn({ dependency, waiters: outage.waiters, error }, "dependency away, waiting");
  };

  return {
    async wait(dependency, work, { signal, isOutage }) {
      let mine: Outage | undefined;
      try {
        return await forever(work, {
          signal,
          retryable: isOutage,
          pause,
          onRetry: (error) => {
            mine ??= join(dependency);
            note(dependency, mine, error);
          },
        });
      } finally {
        if (mine !== undefined) leave(dependency, mine);
      }
    },
  };
};
