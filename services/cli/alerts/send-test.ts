// npm run alerts -- send-test: one notification that says it is a test, straight to a destination, and what came of it.
import { randomBytes } from "node:crypto";
import type { Delivery, Destination } from "#adapters/webhook-port.ts";
import { buildSummary } from "#core/alerts/payload.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";

const minute = 60_000;

const at = (ms: number): string => new Date(ms).toISOString();

/** Fields as those of a small incident that nobody has: slice, rule and tenant say test. */
const testPayload = (now: number): IncidentPayload => {
  const about: Omit<IncidentPayload, "summary"> = {
    incident_id: "inc_00000000000000000000000000000000",
    tenant: "test",
    rule: "test",
    rule_version: "test",
    state: "open",
    severity: "SEV4",
    severity_before: null,
    markers: [],
    class: "quality",
    signal_type: "explicit:negative",
    direction: "rise",
    slice: "feature=test",
    parent_slice: "*",
    causes: [],
    window_start: at(now - 60 * minute),
    window_end: at(now),
    trials: 200,
    fired: 41,
    users: 23,
    rate: 0.205,
    baseline: 0.045,
    ratio: 4.56,
    ratio_low: 3.27,
    ratio_high: 6.19,
    p: 0.0001,
    ln_e: 10,
    method: "e-sr",
    min_detectable_ratio: 2.5,
    onset: at(now - 60 * minute),
    opened_at: at(now),
    acked_at: null,
    resolved_at: null,
    versions: [],
    changes: [],
    examples: [],
    signals: [],
    owner: null,
    runbook_url: null,
    query_url: null,
    incident_url: null,
    flap_count: 0,
    notice: "reads behaviour, is no verdict",
    limit: "a test of this destination: nothing happened",
  };
  return { summary: `TEST ${buildSummary(about)}`, ...about };
};

export const testDelivery = (destination: Destination, now: number): Delivery => ({
  destination,
  notificationId: `ntf_${randomBytes(16).toString("hex")}`,
  kind: "test",
  incident: testPayload(now),
  at: now,
});
