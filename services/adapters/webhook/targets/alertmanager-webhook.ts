// The body that Alertmanager itself posts (version 4), for receivers built for it. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
import { hash } from "node:crypto";
import { alertsOf } from "./alerts.ts";
import { json, type Note, type Rendered } from "./message.ts";

type Labels = Readonly<Record<string, string>>;

/** What all of them have in common. */
const shared = ([first = {}, ...others]: readonly Labels[]): Labels =>
  Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)));

/** Sixteen hex digits that equal labels share, as receivers expect. */
const fingerprint = (labels: Labels): string =>
  hash("sha256", JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))), "hex").slice(0, 16);

/** Go's zero time: no end yet. */
const never = "0001-01-01T00:00:00Z";

export const renderAlertmanagerWebhook = ({ kind, incident, destination }: Note): Rendered => {
  const alerts = alertsOf(kind, incident).map(({ endsAt, generatorURL, ...alert }) => ({
    status: endsAt === null ? "firing" : "resolved",
    ...alert,
    endsAt: endsAt ?? never,
    generatorURL: generatorURL ?? "",
    fingerprint: fingerprint(alert.labels),
  }));
  const { incident_id } = incident;
  return {
    contentType: "application/json",
    body: json({
      version: "4",
      groupKey: `{}:{incident_id="${incident_id}"}`,
      truncatedAlerts: 0,
      status: kind === "resolved" ? "resolved" : "firing",
      receiver: destination.name,
      groupLabels: { incident_id },
      commonLabels: shared(alerts.map(({ labels }) => labels)),
      commonAnnotations: shared(alerts.map(({ annotations }) => annotations)),
      externalURL: incident.incident_url ?? "",
      alerts,
    }),
  };
};
