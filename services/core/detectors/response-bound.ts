// What signals about one response share: an act may come before the record of its response, as a stop does while it is written.
import type { Placed, Turn } from "#core/detector.ts";
import { compareEvents, type Event } from "#core/event.ts";
import type { EventTime } from "#core/time.ts";

export const maxEvidence = 20;

/** The response that this turn shows; null: none, or one that was there already. */
export const shownIn = ({ event, about, placed }: Turn): Placed | null =>
  event.type === "response" && about === placed ? placed : null;

/** The response in its place among the acts on it. */
export const withResponse = (response: Event | null, acts: readonly Event[]): readonly Event[] => {
  if (response === null) return acts;
  const after = acts.findIndex((act) => compareEvents(response, act) < 0);
  return acts.toSpliced(after < 0 ? acts.length : after, 0, response);
};

/** From the response or the first act on it to the last, whichever way round they came. */
export const windowOf = (response: Event | null, firstAct: EventTime, lastAct: EventTime) => ({
  windowStart: Math.min(response?.ts ?? firstAct, firstAct),
  windowEnd: Math.max(response?.ts ?? lastAct, lastAct),
});
