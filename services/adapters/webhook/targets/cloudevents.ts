// CloudEvents 1.0 in structured mode, signed as Standard Webhooks are. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
import { fitting, momentOf, type Note, type Rendered } from "./message.ts";

export const renderCloudEvent = ({ notificationId, kind, incident }: Note): Rendered => ({
  contentType: "application/cloudevents+json",
  body: fitting(incident, (data) => ({
    specversion: "1.0",
    id: notificationId,
    source: `/earshot/${encodeURIComponent(incident.tenant)}`,
    type: `incident.${kind}`,
    subject: incident.incident_id,
    time: momentOf(kind, incident),
    datacontenttype: "application/json",
    data,
  })),
});
