// Which notifications an incident owes: kept in its record with their rendered data, so that each has one body for ever.
import { notificationId } from "#core/ids.ts";
import type { EventTime } from "#core/time.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";

/** What a transition tells people. */
export type Telling = "opened" | "updated" | "acknowledged" | "reminder" | "resolved";

export interface Notification {
  /** The idempotency key. */
  readonly id: string;
  readonly kind: Telling;
  /** 1, 2, … within the incident. */
  readonly seq: number;
  /** Wakes people; else a ticket. */
  readonly page: boolean;
  readonly at: EventTime;
  readonly data: IncidentPayload;
}

/** Bodies are kept so long that a receiver can be down for a day; 16 of some kilobytes stay far below a record's megabyte. */
const mostKept = 16;

/** Those without which an end would have no beginning. */
const isVital = ({ kind }: Notification): boolean => kind === "opened" || kind === "resolved";

export interface Owed {
  readonly incident: string;
  readonly kind: Telling;
  readonly page: boolean;
  readonly at: EventTime;
  readonly data: IncidentPayload;
}

/** The list with one more; above 16 the oldest goes, openings and ends last. */
export const owe = (
  list: readonly Notification[],
  { incident, kind, page, at, data }: Owed,
): readonly Notification[] => {
  const seq = (list.at(-1)?.seq ?? 0) + 1;
  const longer = [...list, { id: notificationId(incident, kind, seq), kind, seq, page, at, data }];
  if (longer.length <= mostKept) return longer;
  const dropped = longer.slice(0, -1).find((one) => !isVital(one)) ?? longer[0];
  return longer.filter((one) => one !== dropped);
};
