// PagerDuty Events API v2: one alert per incident by its dedup key. https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
import type { NotificationKind } from "#adapters/webhook-port.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { json, type Note, type Rendered } from "./message.ts";

const severities = { SEV1: "critical", SEV2: "error", SEV3: "warning", SEV4: "info" } as const;

const actionOf = (kind: NotificationKind): "trigger" | "acknowledge" | "resolve" => {
  if (kind === "acknowledged") return "acknowledge";
  return kind === "resolved" ? "resolve" : "trigger";
};

const linksOf = ({ incident_url, runbook_url, query_url }: IncidentPayload) =>
  Object.entries({ incident: incident_url, runbook: runbook_url, query: query_url }).flatMap(([text, href]) =>
    href === null ? [] : [{ href, text }],
  );

/** `summary` is at most 1,024 characters there and 1,000 here; the whole at most 512 kB and never near. */
const details = (kind: NotificationKind, incident: IncidentPayload) => ({
  payload: {
    summary: incident.summary,
    source: incident.tenant,
    severity: kind === "test" ? "info" : severities[incident.severity],
    timestamp: incident.opened_at,
    class: incident.signal_type,
    component: incident.slice,
    group: incident.rule,
    custom_details: incident,
  },
  links: linksOf(incident),
  client: "Earshot",
});

/** An update or a reminder is one more trigger: same key, so PagerDuty adds it to the open alert. */
export const renderPagerDuty = ({ kind, incident, destination }: Note): Rendered => {
  const event_action = actionOf(kind);
  const about = event_action === "trigger" ? details(kind, incident) : {};
  const [routing_key] = destination.secrets;
  return {
    contentType: "application/json",
    body: json({ routing_key, event_action, dedup_key: incident.incident_id, ...about }),
  };
};
