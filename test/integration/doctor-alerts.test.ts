// What the doctor makes of incidents, deliveries and changes, asked of a real ClickHouse.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { judgeAlerts } from "#cli/doctor/alerts.ts";
import { tables } from "#schemas/clickhouse/tables.ts";
import { type Landed, openLanded } from "./queries-data.ts";

const hour = 3_600_000;
const now = Date.now();

let landed: Landed;
beforeAll(async () => {
  landed = await openLanded();
});
afterAll(() => landed[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const table of Object.keys(tables)) await landed.store.command(`TRUNCATE TABLE ${table}`);
});

const judged = async () =>
  Object.fromEntries((await judgeAlerts(landed.store)).map((finding) => [finding.check, finding]));

const incident = (id: string, more: object = {}): Promise<void> =>
  landed.land("incident_rows", {
    incident_id: id,
    ts: now,
    opened_at: now,
    state: "open",
    severity: "SEV2",
    class: "quality",
    ...more,
  });

const change = (id: string, more: object = {}): Promise<void> =>
  landed.land("change_rows", { change_id: id, ts: now - 2 * hour, kind: "prompt", scope: "*", ...more });

const told = (status: string, ts: number): Promise<void> =>
  landed.land("delivery_rows", {
    incident_id: "~destination",
    notification_id: `n${ts}`,
    destination: "pager",
    status,
    ts,
  });

test("nothing is well", async () => {
  expect(await judged()).toMatchObject({
    "live incidents": { state: "ok", evidence: "none" },
    destinations: { state: "ok" },
    changes: { state: "ok", evidence: "0 in 28 days" },
  });
});

test("an incident about quality is what the system is for; one about the pipeline is not", async () => {
  await incident("inc_1");
  await incident("inc_2", { state: "acknowledged" });
  await change("c1");
  expect((await judged())["live incidents"]).toMatchObject({ state: "ok", evidence: "2 SEV2, 1 of them nobody's" });
  await incident("inc_3", { class: "pipeline_stalled", severity: "SEV1" });
  expect((await judged())["live incidents"]).toMatchObject({ state: "wrong", evidence: "pipeline_stalled in acme" });
});

test("a destination is gone until something later says otherwise", async () => {
  await told("disabled", now - hour);
  expect((await judged())["destinations"]).toMatchObject({
    state: "wrong",
    evidence: expect.stringMatching(/^pager is gone since /),
  });
  await told("requested", now);
  expect((await judged())["destinations"]?.state).toBe("ok");
});

test("a destination that took something since is not gone, as after another URL", async () => {
  await told("disabled", now - hour);
  await landed.land("delivery_rows", {
    incident_id: "inc_1",
    notification_id: "n1",
    destination: "pager",
    status: "delivered",
    ts: now,
  });
  expect((await judged())["destinations"]?.state).toBe("ok");
});

test("incidents without any change say that nobody publishes them", async () => {
  await incident("inc_1");
  expect((await judged())["changes"]).toMatchObject({
    state: "wrong",
    cure: expect.stringContaining("npm run publish -- --changes"),
  });
});

test("a change of a slice that nothing ever lay in is named", async () => {
  const minute = now - hour - ((now - hour) % 60_000);
  await landed.land("tallies", { signal_type: "implicit:copy", minute, trials: 5, feature: "billing" });
  await change("good", { scope: "feature=billing" });
  await change("fresh", { scope: "prompt_version=p13", ts: now });
  expect((await judged())["changes"]).toMatchObject({ state: "ok", evidence: "2 in 28 days" });
  await change("bad", { scope: "feature=biling" });
  expect((await judged())["changes"]).toMatchObject({
    state: "wrong",
    evidence: "no trial ever lay in feature=biling (bad)",
  });
});
