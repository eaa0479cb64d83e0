// Standard Webhooks: `{type, timestamp, data}`, signed.
import { fitting, momentOf, type Note, type Rendered } from "./message.ts";

export const renderStandard = ({ kind, incident }: Note): Rendered => ({
  contentType: "application/json",
  body: fitting(incident, (data) => ({ type: `incident.${kind}`, timestamp: momentOf(kind, incident), data })),
});
