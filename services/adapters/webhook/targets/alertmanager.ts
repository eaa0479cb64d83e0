// Alertmanager's API v2. Without an end it forgets an alert after its `resolve_timeout`, so an open one is sent again each minute. https://prometheus.io/docs/alerting/latest/alerts_api/
import { alertsOf } from "./alerts.ts";
import { json, type Note, type Rendered } from "./message.ts";

export const renderAlertmanager = ({ kind, incident }: Note): Rendered => ({
  path: "/api/v2/alerts",
  contentType: "application/json",
  body: json(
    alertsOf(kind, incident).map(({ endsAt, generatorURL, ...alert }) => ({
      ...alert,
      ...(endsAt === null ? {} : { endsAt }),
      ...(generatorURL === null ? {} : { generatorURL }),
    })),
  ),
});
