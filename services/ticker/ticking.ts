// Sends a tick, waits, sends the next: one at a time, so that ticks do not pile up while the broker is away.
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, systemClock } from "#runtime/clock.ts";

export interface Ticking extends AsyncDisposable {
  /** Epoch ms of the last tick that the broker acknowledged, or of the start. */
  readonly last: number;
}

interface TickingOptions {
  /** Between two ticks, ms. */
  readonly interval: number;
  readonly send: (signal: AbortSignal) => Promise<void>;
  readonly fail: (error: Error) => void;
  readonly clock?: Clock;
}

export const startTicking = ({ interval, send, fail, clock = systemClock }: TickingOptions): Ticking => {
  const stop = new AbortController();
  let last = clock();

  const tick = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await send(stop.signal);
      last = clock();
      await sleep(interval, undefined, { signal: stop.signal });
    }
  };

  const ticking = tick().catch((error: unknown) => {
    if (!stop.signal.aborted) fail(error instanceof Error ? error : new Error(String(error)));
  });

  return {
    get last() {
      return last;
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the ticker stops"));
      await ticking;
    },
  };
};
