// What is counted, and under which names.
import { expect, it } from "vitest";
import { createMetrics } from "#runtime/metrics.ts";
import { createMeter } from "./meters.ts";

const setUp = () => {
  const metrics = createMetrics("test", { defaults: false });
  return { meter: createMeter(metrics), text: () => metrics.render() };
};

it("counts each record by type and outcome, and adds up from scrape to scrape", async () => {
  const { meter, text } = setUp();
  meter.event({ type: "copy", tenant: "a" }, "applied");
  meter.event({ type: "copy", tenant: "a" }, "applied");
  meter.tick();
  expect(await text()).toContain('earshot_events_total{type="copy",outcome="applied"} 2');
  meter.event({ type: "copy", tenant: "a" }, "applied");
  const later = await text();
  expect(later).toContain('earshot_events_total{type="copy",outcome="applied"} 3');
  expect(later).toContain('earshot_events_total{type="tick",outcome="tick"} 1');
});

it("makes no label of what a producer writes", async () => {
  const { meter, text } = setUp();
  meter.event({ type: "drop table", tenant: "a" }, "reject");
  const page = await text();
  expect(page).not.toContain("drop table");
  expect(page).toContain('earshot_events_total{type="unknown",outcome="reject"} 1');
});

it("counts the teams that send prompts and no responses", async () => {
  const { meter, text } = setUp();
  for (let turn = 0; turn < 20; turn += 1)
    for (const tenant of ["mute", "whole"]) meter.event({ type: "prompt", tenant }, "applied");
  meter.event({ type: "response", tenant: "whole" }, "applied");
  expect(await text()).toContain("earshot_tenants_without_responses 1");
});
