// What every kind of destination makes of a notification, and what they share.
import type { Delivery, NotificationKind } from "#adapters/webhook-port.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";

/** A notification without the attempt: equal notes give equal bytes. */
export type Note = Pick<Delivery, "notificationId" | "kind" | "incident" | "destination">;

export interface Rendered {
  /** Appended to the destination's path unless it ends so already. */
  readonly path?: string;
  readonly contentType: string;
  readonly body: Buffer;
}

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Event time of what is told, from the record: the same in every attempt. */
export const momentOf = (kind: NotificationKind, incident: IncidentPayload): string => {
  const { opened_at, acked_at, resolved_at, window_end } = incident;
  if (kind === "opened") return opened_at;
  const own = { acknowledged: acked_at, resolved: resolved_at, updated: null, reminder: null, test: null }[kind];
  return own ?? window_end ?? opened_at;
};

/** Receivers of Standard Webhooks may refuse 20 kB and more. */
const roomFor = 20_000;

const thinner: readonly ((incident: IncidentPayload) => IncidentPayload)[] = [
  (incident) => ({ ...incident, signals: incident.signals.slice(0, 5) }),
  (incident) => ({ ...incident, changes: incident.changes.map((change) => ({ ...change, url: null })) }),
  (incident) => ({ ...incident, signals: [], versions: incident.versions.slice(0, 4) }),
];

/** The body, with the least important lists cut until it is under 20 kB. */
export const fitting = (incident: IncidentPayload, render: (incident: IncidentPayload) => unknown): Buffer => {
  let [thin, body] = [incident, json(render(incident))];
  for (const cut of thinner) {
    if (body.length < roomFor) break;
    thin = cut(thin);
    body = json(render(thin));
  }
  return body;
};
