// Slack incoming webhooks: one message; no ids, no edits. https://docs.slack.dev/messaging/formatting-message-text
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { json, type Note, type Rendered } from "./message.ts";

/** Slack's three: else a value such as `<!channel>` would ring everybody. */
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const linksOf = ({ incident_url, runbook_url, query_url }: IncidentPayload): string[] =>
  Object.entries({ incident: incident_url, runbook: runbook_url, query: query_url }).flatMap(([text, href]) =>
    href === null ? [] : [`<${escape(href)}|${text}>`],
  );

/** `text` is what notifications and old clients show; `verbatim` keeps Slack from making links and mentions of words. */
export const renderSlack = ({ kind, incident }: Note): Rendered => {
  const headline = escape(`${kind}: ${incident.summary}`);
  const footer = [incident.incident_id, incident.owner ?? "no owner", incident.notice].map(escape);
  const section = { type: "section", text: { type: "mrkdwn", text: headline, verbatim: true } };
  const context = {
    type: "context",
    elements: [{ type: "mrkdwn", text: [...footer, ...linksOf(incident)].join(" · "), verbatim: true }],
  };
  return { contentType: "application/json", body: json({ text: headline, blocks: [section, context] }) };
};
