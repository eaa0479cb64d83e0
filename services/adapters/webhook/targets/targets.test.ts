import { describe, expect, it } from "vitest";
import type { NotificationKind } from "#adapters/webhook-port.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { sampleDestination, samplePayload } from "#test/helpers/receiver.ts";
import { renderAlertmanager } from "./alertmanager.ts";
import { renderAlertmanagerWebhook } from "./alertmanager-webhook.ts";
import { renderCloudEvent } from "./cloudevents.ts";
import type { Note, Rendered } from "./message.ts";
import { renderPagerDuty } from "./pagerduty.ts";
import { renderSlack } from "./slack.ts";
import { renderStandard } from "./standard.ts";

const note = (
  kind: NotificationKind,
  changes: Partial<IncidentPayload> = {},
  destination = sampleDestination("pagerduty"),
): Note => ({ notificationId: "ntf_1", kind, incident: samplePayload(changes), destination });

const read = ({ body }: Rendered): unknown => JSON.parse(body.toString());

const resolvedAt = "2026-03-01T13:00:00.000Z";

const standard = (kind: NotificationKind, changes: Partial<IncidentPayload> = {}): unknown =>
  read(renderStandard(note(kind, changes)));

describe("Standard Webhooks", () => {
  it("tells type, event time and data", () => {
    expect(standard("opened")).toMatchObject({ type: "incident.opened", timestamp: samplePayload().opened_at });
    expect(standard("resolved", { resolved_at: resolvedAt })).toMatchObject({
      type: "incident.resolved",
      timestamp: resolvedAt,
    });
    expect(standard("acknowledged", { acked_at: resolvedAt })).toMatchObject({ timestamp: resolvedAt });
    expect(standard("reminder")).toMatchObject({ timestamp: samplePayload().window_end, data: samplePayload() });
  });
});

describe("CloudEvents", () => {
  it("has the attributes that 1.0 asks for", () => {
    const rendered = renderCloudEvent(note("opened", { tenant: "a/b c" }));
    expect(rendered.contentType).toBe("application/cloudevents+json");
    expect(read(rendered)).toMatchObject({
      specversion: "1.0",
      id: "ntf_1",
      source: "/earshot/a%2Fb%20c",
      type: "incident.opened",
      subject: "inc_42",
      data: { incident_id: "inc_42" },
    });
  });
});

describe("PagerDuty", () => {
  it.each([
    ["opened", "trigger"],
    ["updated", "trigger"],
    ["reminder", "trigger"],
    ["test", "trigger"],
    ["acknowledged", "acknowledge"],
    ["resolved", "resolve"],
  ] as const)("makes of %s a %s under the incident's key", (kind, event_action) => {
    const event = { routing_key: "routing-key", event_action, dedup_key: "inc_42" };
    expect(read(renderPagerDuty(note(kind)))).toMatchObject(event);
  });

  it("has its own words for severity, and its limits", () => {
    const severity = (level: IncidentPayload["severity"], kind: NotificationKind = "opened") =>
      (read(renderPagerDuty(note(kind, { severity: level }))) as { payload: { severity: string } }).payload.severity;
    expect((["SEV1", "SEV2", "SEV3", "SEV4"] as const).map((level) => severity(level))).toEqual([
      "critical",
      "error",
      "warning",
      "info",
    ]);
    expect(severity("SEV1", "test")).toBe("info");
    expect(read(renderPagerDuty(note("opened")))).toMatchObject({
      payload: { summary: samplePayload().summary, source: "acme", custom_details: samplePayload() },
      links: [
        { href: samplePayload().incident_url, text: "incident" },
        { href: samplePayload().runbook_url, text: "runbook" },
        { href: samplePayload().query_url, text: "query" },
      ],
    });
  });
});

describe("Slack", () => {
  it("always has a text for clients without blocks, and escapes what would ring or link", () => {
    const summary = "a <!channel> & <@U1>";
    const { text, blocks } = read(renderSlack(note("opened", { summary, owner: null }))) as {
      text: string;
      blocks: readonly { elements?: readonly { text: string }[] }[];
    };
    expect(text).toBe("opened: a &lt;!channel&gt; &amp; &lt;@U1&gt;");
    const context = blocks[1]?.elements?.[0]?.text;
    expect(context).toContain("inc_42 · no owner · reads behaviour, is no verdict");
    expect(context).toContain("<https://console.example/query?slice=feature%3Dbilling&amp;from=1|query>");
  });
});

describe("Alertmanager", () => {
  const labels = {
    alertname: "negative-rate",
    tenant: "acme",
    signal: "explicit:negative",
    slice: "feature=billing,prompt_version=p12",
    incident_id: "inc_42",
    severity: "SEV2",
  };
  const { opened_at: startsAt, window_end, query_url: generatorURL } = samplePayload();

  it("gets an alert without end while the incident goes on, and its end afterwards", () => {
    expect(read(renderAlertmanager(note("reminder")))).toEqual([
      { labels, annotations: expect.objectContaining({ summary: samplePayload().summary }), startsAt, generatorURL },
    ]);
    expect(read(renderAlertmanager(note("resolved", { resolved_at: resolvedAt })))).toMatchObject([
      { labels, startsAt, endsAt: resolvedAt },
    ]);
  });

  it("ends the alert under the old severity when that changes, never before its beginning", () => {
    const changes = { severity_before: "SEV3", window_start: null, window_end: "2026-03-01T09:00:00.000Z" } as const;
    const [current, before] = read(renderAlertmanager(note("updated", changes))) as readonly Record<string, unknown>[];
    expect(current).toMatchObject({ labels });
    expect(current).not.toHaveProperty("endsAt");
    expect(before).toMatchObject({ labels: { ...labels, severity: "SEV3" }, startsAt, endsAt: startsAt });
  });

  it("has a twin in the body that it posts itself", () => {
    const { body } = renderAlertmanagerWebhook(note("updated", { severity_before: "SEV3" }));
    const { severity: _, ...common } = labels;
    expect(JSON.parse(body.toString())).toMatchObject({
      version: "4",
      groupKey: '{}:{incident_id="inc_42"}',
      truncatedAlerts: 0,
      status: "firing",
      receiver: "ops",
      groupLabels: { incident_id: "inc_42" },
      commonLabels: common,
      externalURL: samplePayload().incident_url,
      alerts: [
        {
          status: "firing",
          labels,
          startsAt,
          endsAt: "0001-01-01T00:00:00Z",
          fingerprint: expect.stringMatching(/^[\da-f]{16}$/),
        },
        { status: "resolved", labels: { ...labels, severity: "SEV3" }, endsAt: window_end },
      ],
    });
    expect(read(renderAlertmanagerWebhook(note("resolved")))).toMatchObject({
      status: "resolved",
      commonLabels: labels,
    });
  });
});
