// Names, labels and buckets of metrics.
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("build information and own metrics are rendered, Node's own stay unprefixed", async () => {
  const metrics = createMetrics("demo");
  metrics.counter("earshot_events_total", "Events by outcome", ["outcome"]).inc({ outcome: "late" }, 2);
  const text = await metrics.render();
  expect(text).toContain('earshot_events_total{outcome="late"} 2');
  expect(text).toMatch(/earshot_build_info\{service="demo",version="[\d.]+",node="[\d.]+"\} 1/);
  expect(text).toContain("\nnodejs_eventloop_lag_seconds ");
});

test("a metric declared again is the same one", () => {
  const metrics = createMetrics("demo", { defaults: false });
  expect(metrics.gauge("earshot_visits", "Live visits")).toBe(metrics.gauge("earshot_visits", "Live visits"));
});

test.each(["events_total", "earshot_Events_total", "earshot_events", "earshot__events_total"])(
  "the counter name %s is refused",
  (name) => expect(() => createMetrics("demo", { defaults: false }).counter(name, "x")).toThrow(name),
);

test("a histogram's buckets follow from its unit", async () => {
  const metrics = createMetrics("demo", { defaults: false });
  metrics.histogram("earshot_commit_seconds", "Commits").observe(0.002);
  metrics.histogram("earshot_batch_bytes", "Batches").observe(300);
  const text = await metrics.render();
  expect(text).toContain('earshot_commit_seconds_bucket{le="0.0025"} 1');
  expect(text).toContain('earshot_batch_bytes_bucket{le="1024"} 1');
});

test("what is computed on demand is computed before each scrape", async () => {
  const metrics = createMetrics("demo", { defaults: false });
  const lag = metrics.gauge("earshot_lag_seconds", "Lag");
  let now = 1;
  metrics.beforeScrape(() => lag.set(now));
  expect(await metrics.render()).toContain("earshot_lag_seconds 1");
  now = 2;
  expect(await metrics.render()).toContain("earshot_lag_seconds 2");
});
