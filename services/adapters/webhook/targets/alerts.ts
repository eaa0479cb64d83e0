// An incident as alerts of Alertmanager, whose labels are their identity: a severity that changes ends one alert and begins another.
import type { NotificationKind } from "#adapters/webhook-port.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { momentOf } from "./message.ts";

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  /** Null: it goes on. */
  readonly endsAt: string | null;
  readonly generatorURL: string | null;
}

/** Alertmanager refuses an end before the beginning. */
const later = (a: string, b: string): string => (a > b ? a : b);

/** The alert as it is, first; then the one under the severity told before, ended. */
export const alertsOf = (kind: NotificationKind, incident: IncidentPayload): readonly Alert[] => {
  const { severity_before: before, severity, opened_at: startsAt } = incident;
  const texts = { summary: incident.summary, notice: incident.notice, owner: incident.owner, limit: incident.limit };
  const links = { runbook_url: incident.runbook_url, incident_url: incident.incident_url };
  const annotations = Object.entries({ ...texts, ...links }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const under = (level: string, end: string | null): Alert => ({
    labels: {
      alertname: incident.rule,
      tenant: incident.tenant,
      signal: incident.signal_type,
      slice: incident.slice,
      incident_id: incident.incident_id,
      severity: level,
    },
    annotations: Object.fromEntries(annotations),
    startsAt,
    endsAt: end === null ? null : later(end, startsAt),
    generatorURL: incident.query_url ?? incident.incident_url,
  });
  const current = under(severity, kind === "resolved" ? momentOf(kind, incident) : null);
  return before === null || before === severity ? [current] : [current, under(before, momentOf(kind, incident))];
};
