// Silence is a signal: streams that stop and a pipeline that stalls have incidents of their own, and others wait for them.
import { describe, expect, it } from "vitest";
import { type Flow, tellAlerts } from "#test/helpers/alert-story.ts";

const gap = (perHour: number): Flow["perHour"] => [
  ["10:00", perHour],
  ["10:00", 0],
  ["11:00", 0],
  ["11:00", perHour],
];

const feature = (name: string, perHour: Flow["perHour"], rate: Flow["rate"] = 0.05): Flow => ({
  cell: { feature: name },
  perHour,
  rate,
});

describe("a stream that stops", () => {
  it("is told for its feature, and told to be back", () => {
    const told = tellAlerts({ flows: [feature("billing", gap(3_000)), feature("search", 1_200)], until: "13:00" });
    expect(told.lines).toEqual([
      "10:15 open SEV3 stream_stopped feature=billing (opened)",
      "11:20 resolved SEV3 stream_stopped feature=billing (resolved)",
    ]);
  });

  it("is told once for a tenant of which nothing is heard", () => {
    const told = tellAlerts({ flows: [feature("billing", gap(3_000)), feature("search", gap(1_200))], until: "11:00" });
    expect(told.lines).toEqual(["10:15 open SEV3 stream_stopped * (opened)"]);
  });

  it("is not told where a quarter of an hour without events may be chance", () => {
    const told = tellAlerts({ flows: [feature("billing", gap(100)), feature("search", 1_200)], until: "13:00" });
    expect(told.lines).toEqual([]);
  });
});

describe("a pipeline that stalls", () => {
  const rising = feature("billing", 3_000, [
    ["10:00", 0.05],
    ["10:00", 0.25],
    ["10:20", 0.25],
    ["10:20", 0.05],
  ]);

  it("is told when ticks run five minutes ahead, and until then quality neither opens nor resolves", () => {
    const told = tellAlerts({ flows: [rising, feature("search", 1_200)], stalled: ["10:00", "12:00"], until: "12:00" });
    expect(told.lines).toEqual(["10:07 open SEV3 pipeline_stalled * (opened)"]);
  });

  it("ends with the first tick that progress has caught up with", () => {
    const told = tellAlerts({ flows: [feature("search", 1_200)], stalled: ["10:00", "11:00"], until: "12:00" });
    expect(told.records.map(({ class: kind, state }) => `${kind} ${state}`)).toEqual([
      "pipeline_stalled open",
      "pipeline_stalled resolved",
    ]);
  });

  it("does not look like a stream that stopped once it is over", () => {
    const told = tellAlerts({ flows: [feature("search", 3_000)], stalled: ["10:00", "11:00"], until: "13:00" });
    expect(told.records.filter(({ class: kind }) => kind === "stream_stopped")).toEqual([]);
  });
});
