// Waiting out an outage: the same call again with back-off for as long as it lasts, and one log line a minute.
import pRetry from "p-retry";
import { type Clock, systemClock } from "./clock.ts";
import { AppError, toError } from "./errors.ts";
import type { Logger } from "./logger.ts";

export interface RetryOptions {
  /** Ends the waiting: `forever` then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each failure, for counters and readiness. */
  readonly onRetry?: (error: Error, attempt: number) => void;
  /** Which errors are an outage. Default: AppErrors that say so, and errors that are no bug. */
  readonly retryable?: (error: Error) => boolean;
  /** Names the work in the log line. */
  readonly what?: string;
  readonly log?: Pick<Logger, "warn">;
  /** First pause, ms; doubles up to `maxPause`, with jitter up to twice that. */
  readonly pause?: number;
  readonly maxPause?: number;
  readonly clock?: Clock;
}

const bugs = [TypeError, RangeError, ReferenceError, SyntaxError];

/** An AppError knows; a TypeError and its like are bugs, which no waiting cures; anything else is taken for an outage. */
export const isOutage = (error: Error): boolean =>
  error instanceof AppError ? error.retryable : !bugs.some((bug) => error instanceof bug);

const logEvery = 60_000;

/** Repeats `work` until it succeeds, `signal` aborts, or it throws something that is no outage. */
export const forever = async <T>(work: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> => {
  const { signal, onRetry, retryable = isOutage, what = "work", log, pause = 100, maxPause = 5000 } = options;
  const clock = options.clock ?? systemClock;
  let logged = Number.NEGATIVE_INFINITY;
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: pause,
    maxTimeout: maxPause,
    randomize: true,
    ...(signal === undefined ? {} : { signal }),
    // Asked for every error; p-retry itself would give up on TypeErrors that are no network errors.
    shouldRetry: ({ error }) => retryable(error),
    onFailedAttempt: ({ error, attemptNumber }) => {
      if (!retryable(error)) return;
      onRetry?.(error, attemptNumber);
      if (clock() - logged < logEvery) return;
      logged = clock();
      log?.warn({ what, attempt: attemptNumber, error: toError(error) }, "waiting and trying again");
    },
  });
};
