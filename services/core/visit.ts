// Where one visit of a session ends and the next begins: a pure segmentation of the session's ordered events.
import type { Event } from "./event.ts";
import { quickHash } from "./ids.ts";
import type { EngineSettings } from "./settings.ts";
import type { EventTime, Millis } from "./time.ts";

/** How a visit ended. A grid cut is not an end: the user is still there. */
export interface Closing {
  readonly by: "session_end" | "gap" | "grid";
  /** When: the session_end, the deadline of silence, or the event that begins the next visit. */
  readonly at: EventTime;
}

type Rules = Pick<EngineSettings, "gap" | "maxSession">;

/** Shift of the session's grid: a function of its name, so that where a reader began never matters. */
export const gridShift = (tenant: string, session: string, { maxSession }: Rules): Millis =>
  quickHash(`${tenant.length}:${tenant}${session}`) % maxSession;

const cellOf = (ts: EventTime, shift: Millis, { maxSession }: Rules): number => Math.floor((ts + shift) / maxSession);

/** Whether `next`, which follows `previous` in order, belongs to a new visit. */
export const beginsVisit = (
  previous: Pick<Event, "type" | "ts">,
  next: Pick<Event, "ts">,
  shift: Millis,
  rules: Rules,
): boolean =>
  previous.type === "session_end" ||
  next.ts - previous.ts >= rules.gap ||
  cellOf(next.ts, shift, rules) !== cellOf(previous.ts, shift, rules);

/** How the visit that ends with `last` closed, given the event that begins the next one; null: it is still open. */
export const closingOf = (
  last: Event,
  next: Pick<Event, "ts"> | undefined,
  watermark: EventTime,
  { gap }: Rules,
): Closing | null => {
  if (last.type === "session_end") return { by: "session_end", at: last.ts };
  const deadline = last.ts + gap;
  if (next === undefined) return watermark >= deadline ? { by: "gap", at: deadline } : null;
  return next.ts >= deadline ? { by: "gap", at: deadline } : { by: "grid", at: next.ts };
};
