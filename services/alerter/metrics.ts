// What the alerter counts. Labels come from closed sets: classes, severities, reasons in code, destinations of the rules file.
import type { Metrics } from "#runtime/metrics.ts";

export type AlerterMetrics = ReturnType<typeof declareMetrics>;

export const declareMetrics = (metrics: Metrics) => ({
  steps: metrics.histogram("earshot_step_seconds", "Time of each step of a batch", ["step"]),
  unreadable: metrics.counter("earshot_alert_unreadable_total", "Records that could not be read", ["topic", "reason"]),
  lost: metrics.counter("earshot_alert_lost_records_total", "Tallies that retention took before they were folded", [
    "partition",
  ]),
  transitions: metrics.counter("earshot_alert_transitions_total", "Transitions of incidents", [
    "state",
    "class",
    "severity",
  ]),
  changes: metrics.counter("earshot_alert_changes_total", "Records of changes by kind and what became of them", [
    "kind",
    "outcome",
  ]),
  rulesValid: metrics.gauge("earshot_alert_rules_valid", "0 while the rules file is bad and the old rules stay"),
  rulesVersion: metrics.gauge("earshot_alert_rules", "1, with the version of the rules in force here as label", [
    "version",
  ]),
  attempts: metrics.counter("earshot_alert_attempts_total", "Attempts to deliver a notification", [
    "destination",
    "outcome",
  ]),
  attemptSeconds: metrics.histogram("earshot_alert_attempt_seconds", "Time of an attempt", ["destination"]),
  requests: metrics.counter("earshot_alert_requests_total", "Requests to the API and how they were answered", [
    "endpoint",
    "status",
  ]),
});
