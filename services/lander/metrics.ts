// What the lander counts. Labels come from closed sets: topic, partition, reasons in code.
import type { Metrics } from "#runtime/metrics.ts";

export type LanderMetrics = ReturnType<typeof declareMetrics>;

export const declareMetrics = (metrics: Metrics) => ({
  rows: metrics.counter("earshot_landed_rows_total", "Records that became rows in ClickHouse", ["topic"]),
  blocks: metrics.counter("earshot_landed_blocks_total", "Ranges landed, those without rows included", ["topic"]),
  seconds: metrics.histogram("earshot_landing_seconds", "From a range's intent to its row in landings", ["topic"]),
  delay: metrics.histogram(
    "earshot_landing_delay_seconds",
    "From the Kafka append of the record that waited longest to its range being queryable",
    ["topic"],
  ),
  skipped: metrics.counter("earshot_lander_skipped_total", "Records that land nowhere by rule", ["topic", "reason"]),
  rejected: metrics.counter("earshot_lander_rejected_total", "Bad records", ["topic", "reason"]),
  lost: metrics.counter("earshot_lander_lost_records_total", "Records that retention took before they landed", [
    "topic",
  ]),
});
