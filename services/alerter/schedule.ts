// When the next attempt is due: webhooks over three days, pages every few minutes for six hours, both spread by chance.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Of Standard Webhooks: the pauses before the first, second … attempt. */
const webhookPauses = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];
/** A page is wanted now or not at all. */
const pagePauses = [0, 2 * second, 5 * second, 15 * second, 30 * second, minute];
const pageEvery = 5 * minute;
const pageFor = 6 * hour;
const pageAttempts = pagePauses.length + Math.floor(pageFor / pageEvery);

/** Many that failed together must not come back together: ± 20 %. */
const jitter = 0.2;
/** A receiver that says "slower" without saying how much. */
const slower = 30 * second;

export interface Failure {
  /** Attempts made, the failed one included. */
  readonly attempts: number;
  readonly page: boolean;
  readonly throttled: boolean;
  /** What the receiver asked for, ms. */
  readonly retryAfterMs: number | null;
}

/** From 0 to 1. */
export type Random = () => number;

const pauseBefore = (attempt: number, page: boolean): number | undefined => {
  if (!page) return webhookPauses[attempt - 1];
  if (attempt > pageAttempts) return undefined;
  return pagePauses[attempt - 1] ?? pageEvery;
};

/** Milliseconds until the next attempt; null: there is none any more. */
export const pauseAfter = ({ attempts, page, throttled, retryAfterMs }: Failure, random: Random): number | null => {
  const pause = pauseBefore(attempts + 1, page);
  if (pause === undefined) return null;
  const spread = pause * (1 - jitter + 2 * jitter * random());
  // Never sooner than asked, however the dice fall.
  return Math.round(Math.max(spread, retryAfterMs ?? (throttled ? slower : 0)));
};
