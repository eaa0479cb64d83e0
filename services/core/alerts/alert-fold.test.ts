// Timelines: what on-call would have been told, and when.
import { describe, expect, it } from "vitest";
import { change, clock, type Flow, tellAlerts } from "#test/helpers/alert-story.ts";

const search: Flow = { cell: { feature: "search", prompt_version: "s1" }, perHour: 1_200, rate: 0.05 };

describe("the reference incident: 5 % → 18 % after a prompt change, then a rollback", () => {
  const billing: Flow = {
    cell: { feature: "billing", prompt_version: "p11" },
    from: [
      ["10:00", { prompt_version: "p12" }],
      ["12:30", { prompt_version: "p11" }],
    ],
    perHour: 6_000,
    rate: [
      ["10:30", 0.05],
      ["12:30", 0.18],
      ["12:30", 0.06],
    ],
  };
  const told = tellAlerts({
    flows: [billing, search],
    entries: [
      change("09:50", "c-search", { kind: "deploy", scope: "feature=search" }),
      change("10:00", "c-billing", { scope: "feature=billing", from: "p11", to: "p12", rollback_ref: "run 7" }),
      change("12:30", "c-back", {
        kind: "rollback",
        scope: "feature=billing",
        from: "p12",
        to: "p11",
        reverts: "c-billing",
      }),
    ],
    until: "18:00",
  });

  it("is one incident of billing", () => {
    expect(new Set(told.records.map(({ incident_id: id }) => id)).size).toBe(1);
    expect(told.records[0]).toMatchObject({ slice: "feature=billing", class: "quality", rev: 1 });
  });

  it("pages within 20 minutes of passing 10 %, at 11:16", () => {
    const page = told.notifications.find((notification) => notification.page);
    expect(page?.at).toBeGreaterThan(clock("10:30"));
    expect(page?.at).toBeLessThanOrEqual(clock("11:36"));
  });

  it("names the change first, with its way back, and the version's rate beside that of the one before", () => {
    const [opened] = told.notifications;
    expect(opened?.data.changes[0]).toMatchObject({ change_id: "c-billing", rollback_ref: "run 7" });
    const [p12, p11] = opened?.data.versions ?? [];
    expect(p12).toMatchObject({ dimension: "prompt_version", value: "p12" });
    expect(p11).toMatchObject({ dimension: "prompt_version", value: "p11" });
    expect(p12?.now).toBeGreaterThan(1.4 * (p11?.before ?? 1));
  });

  it("resolves within an hour of the rollback, by it, and stays so", () => {
    const last = told.records.at(-1);
    expect(last).toMatchObject({ state: "resolved", resolve_reason: "rolled_back" });
    expect(last?.resolved_at).toBeLessThanOrEqual(clock("13:30"));
  });

  it("tells opened, updates and resolved once each", () => {
    const kinds = told.notifications.map(({ kind }) => kind);
    expect(kinds[0]).toBe("opened");
    expect(kinds.at(-1)).toBe("resolved");
    expect(kinds.filter((kind) => kind === "opened" || kind === "resolved")).toHaveLength(2);
  });
});
