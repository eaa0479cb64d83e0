// Waits for something to become true, with a deadline: the only way a test may wait for another process.
import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  /** Milliseconds until it gives up with the last failure. */
  readonly within?: number;
  readonly every?: number;
}

/** Calls `attempt` until it neither throws nor returns false; resolves with what it returned. */
export const eventually = async <T>(
  attempt: () => T | Promise<T>,
  { within = 15_000, every = 50 }: Patience = {},
): Promise<Exclude<T, false>> => {
  const deadline = performance.now() + within;
  for (;;) {
    let failure: unknown;
    try {
      const value = await attempt();
      if (value !== false) return value as Exclude<T, false>;
      failure = new Error("it stayed false");
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(
        `not so within ${String(within / 1000)} s: ${failure instanceof Error ? failure.message : String(failure)}`,
        {
          cause: failure,
        },
      );
    }
    await sleep(every);
  }
};
