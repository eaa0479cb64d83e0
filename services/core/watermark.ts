// How far event time has come in one partition: from accepted events, and from ticks while there are none.
import type { EngineSettings } from "./settings.ts";
import type { EventTime } from "./time.ts";

export interface Watermark {
  readonly at: EventTime;
  /** An accepted event; true when the watermark rose. */
  event(ts: EventTime, appendTs: EventTime): boolean;
  /** A tick: two of them `idle` apart with no accepted event between prove silence. True when the watermark rose. */
  tick(appendTs: EventTime): boolean;
  /** At least this much, known from before; true when the watermark rose. */
  atLeast(at: EventTime): boolean;
}

export const createWatermark = ({ lateness, idle }: Pick<EngineSettings, "lateness" | "idle">): Watermark => {
  let at = Number.NEGATIVE_INFINITY;
  /** Append time of the first tick since the last accepted event. */
  let quietSince: EventTime | undefined;

  const rise = (to: EventTime): boolean => {
    if (to <= at) return false;
    at = to;
    return true;
  };

  return {
    get at() {
      return at;
    },
    event(ts, appendTs) {
      quietSince = undefined;
      // The append time is no earlier than any honest event time, so a producer whose clock is ahead moves nobody.
      return rise(Math.min(ts, appendTs) - lateness - 1);
    },
    tick(appendTs) {
      quietSince = Math.min(quietSince ?? appendTs, appendTs);
      return appendTs - quietSince >= idle && rise(appendTs - idle - lateness);
    },
    atLeast(to) {
      if (!rise(to)) return false;
      // Only ticks further back than the horizon can have moved it there: the first of them came no later than this.
      quietSince = Math.min(quietSince ?? Number.POSITIVE_INFINITY, to + lateness);
      return true;
    },
  };
};
