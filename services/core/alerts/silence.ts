// Silence is a signal: streams of events that stopped, and a pipeline that says nothing any more.
import { type EventTime, minute } from "#core/time.ts";
import type { Bin, Book } from "./book-port.ts";
import { poissonLower } from "./probability.ts";

/** Fifteen minutes. */
export const binsOfStream = 3;
/** A stream of fewer events may pause by chance. */
const fewestExpected = 30;
const leastP = 1e-6;
/** What stopped is gone; what halved is another matter. */
const mostLeft = 0.1;
/** Of what is expected: from here on a stream is back. */
const backAgain = 0.5;

export interface StreamState {
  /** First bin of the fifteen minutes. */
  readonly from: Bin;
  readonly events: number;
  readonly expected: number;
  readonly p: number;
  readonly hasStopped: boolean;
  readonly isBack: boolean;
}

/** Whether it is worth comparing with other days: a tenth of the fullest quarter hour or less. Two hundred features are asked each bin. */
export const mayHaveStopped = (book: Book, tenant: string, feature: string, bin: Bin): boolean =>
  book.volume(tenant, feature, bin - binsOfStream + 1, bin) <=
  mostLeft * binsOfStream * book.mostVolume(tenant, feature);

/** Events of a tenant's feature (`*`: all) in the last fifteen minutes against the same minutes of other days; undefined: no verdict yet. */
export const readStream = (book: Book, tenant: string, feature: string, bin: Bin): StreamState | undefined => {
  const from = bin - binsOfStream + 1;
  const expected = book.expectedVolume(tenant, feature, from, bin);
  if (expected === undefined) return undefined;
  const events = book.volume(tenant, feature, from, bin);
  const isGone = expected >= fewestExpected && events <= mostLeft * expected;
  const phi = isGone ? book.volumeDispersion(tenant, feature, bin) : 1;
  const p = expected > 0 ? poissonLower(Math.floor(events / phi), expected / phi) : 1;
  return {
    from,
    events,
    expected,
    p,
    hasStopped: isGone && p < leastP,
    isBack: expected < fewestExpected || events >= backAgain * expected,
  };
};

const longestLag = 5 * minute;

/** Whether alerter time hangs behind the ticks: nothing is known, so nothing opens and nothing resolves. */
export const isStalled = ({ time, tickedAt }: Pick<Book, "time" | "tickedAt">): boolean =>
  Number.isFinite(time) && tickedAt - time > longestLag;

/** So long it must hang before anybody is told: the first tick after a pause comes before the progress that follows it. */
const patience = minute;

export const isWorthTelling = (stalledSince: EventTime | null, tickedAt: EventTime): boolean =>
  stalledSince !== null && tickedAt - stalledSince >= patience;
