// Questions to incidents, changes and deliveries on known data with their known answers, asked as `npm run query` asks them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { smallestVisibleRatio } from "#core/alerts/detectable.ts";
import { bindParams, readQueries } from "#schemas/clickhouse/queries.ts";
import { tables } from "#schemas/clickhouse/tables.ts";
import { type Landed, openLanded } from "./queries-data.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Ten in the morning of a day of this year: the tables keep 400 days. */
const at = Date.UTC(new Date().getUTCFullYear(), 4, 20, 10);

const text = (ms: number): string => new Date(ms).toISOString().replace("T", " ").slice(0, 23);
const seconds = (ms: number): string => text(ms).slice(0, 19);

let landed: Landed;
beforeAll(async () => {
  landed = await openLanded();
});
afterAll(() => landed[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const table of Object.keys(tables)) await landed.store.command(`TRUNCATE TABLE ${table}`);
});

const ask = (name: string, params: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>[]> => {
  const query = readQueries().find((candidate) => candidate.name === name);
  if (query === undefined) throw new Error(`no question ${name}`);
  const bound = bindParams(query, new Map(Object.entries(params)), at);
  if ("mistakes" in bound) throw new Error(bound.mistakes.join("; "));
  return landed.store.query(query.sql, bound.params);
};

const rounded = (row: Record<string, unknown> | undefined): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [
      name,
      typeof value === "number" ? Math.round(value * 1000) / 1000 : value,
    ]),
  );

type Incident = Parameters<typeof landed.land<"incident_rows">>[1];

const incident = (id: string, more: Incident = {}): Promise<void> =>
  landed.land("incident_rows", {
    incident_id: id,
    ts: at,
    signal_type: "implicit:abandonment",
    state: "open",
    severity: "SEV2",
    class: "quality",
    slice: "feature=billing",
    opened_at: at,
    ...more,
  });

const openIds = async (params?: Readonly<Record<string, string>>) =>
  (await ask("open-incidents", params)).map((row) => row["incident_id"]);

const changed = (id: string, ts: number, more: object = {}): Promise<void> =>
  landed.land("change_rows", { change_id: id, ts, kind: "prompt", scope: "feature=billing", ...more });

const tally = (start: number, trials: number, fired: number, more: object) => ({
  signal_type: "implicit:abandonment",
  minute: start,
  trials,
  fired,
  ...more,
});

const billingTally = (start: number, fired: number, more: object = {}): Promise<void> =>
  landed.land("tallies", tally(start, 20, fired, { feature: "billing", prompt_version: "p,1/2:3%", ...more }));

const told = (more: object): Promise<void> =>
  landed.land("delivery_rows", {
    incident_id: "inc_1",
    notification_id: "ntf_1",
    destination: "pager",
    kind: "opened",
    ...more,
  });

describe("incidents", () => {
  test("stand at their highest revision, whatever landed last, and every transition is kept once", async () => {
    await incident("inc_1", { rev: 3, state: "resolved", markers: '["sudden"]', ts: at + hour });
    await incident("inc_1", { rev: 1 });
    await incident("inc_1", { rev: 2, state: "acknowledged", ts: at + minute });
    await incident("inc_1", { rev: 2, state: "acknowledged", ts: at + minute });
    expect(await landed.store.query("SELECT rev, state, markers, causes FROM incidents")).toEqual([
      { rev: 3, state: "resolved", markers: ["sudden"], causes: [] },
    ]);
    expect(await landed.store.query("SELECT rev, state FROM incident_transitions ORDER BY rev")).toEqual([
      { rev: 1, state: "open" },
      { rev: 2, state: "acknowledged" },
      { rev: 3, state: "resolved" },
    ]);
  });

  test("that change their state across the end of a month are one", async () => {
    const end = Date.UTC(new Date().getUTCFullYear(), 4, 1);
    await incident("inc_1", { ts: end - minute, opened_at: end - minute });
    await incident("inc_1", { rev: 2, state: "resolved", ts: end + minute, opened_at: end - minute });
    expect(await landed.store.query("SELECT rev, state FROM incidents")).toEqual([{ rev: 2, state: "resolved" }]);
  });

  test("open-incidents lists the live ones, the gravest first", async () => {
    await incident("inc_1");
    await incident("inc_2", { severity: "SEV1", state: "acknowledged", acked_by: "ada", tenant: "globex" });
    await incident("inc_3", { state: "silenced", opened_at: at - hour });
    await incident("inc_4", { state: "closed" });
    expect(await openIds()).toEqual(["inc_2", "inc_3", "inc_1"]);
    expect(await openIds({ tenant: "globex" })).toEqual(["inc_2"]);
  });

  test("alert-quality counts pages, judges them by their verdicts, and says how long things took", async () => {
    const paged = { notify: '[{"id":"ntf_1","kind":"opened","seq":1,"page":true}]' };
    const times = {
      onset: at - 30 * minute,
      acked_at: at + 4 * minute,
      resolved_at: at + 90 * minute,
      changes: '[{"change_id":"c1","score":0.82}]',
    };
    for (const n of [1, 2, 3, 4, 5]) await incident(`inc_${n}`, { ...paged, ...times, verdict: "confirmed" });
    for (const n of [6, 7]) await incident(`inc_${n}`, { ...paged, verdict: "false_alarm" });
    await incident("inc_8", paged);
    await incident("inc_9", { verdict: "confirmed", reported_at: at - minute });
    await incident("old", { ...paged, verdict: "confirmed", opened_at: at - 93 * day });
    await landed.land(
      "change_rows",
      { change_id: "c1", ts: at - hour, kind: "prompt", scope: "*" },
      { change_id: "c2", ts: at + 20 * minute, kind: "rollback", scope: "*", reverts: "c1" },
      { change_id: "c3", ts: at + 10 * minute, kind: "rollback", scope: "*", reverts: "c0" },
      { change_id: "c4", ts: at + 5 * minute, kind: "rollback", scope: "*", reverts: "c1", tenant: "globex" },
    );
    const [row] = await ask("alert-quality", { at: seconds(at + hour) });
    expect(rounded(row)).toEqual({
      pages: 8,
      pages_a_week: 0.609,
      judged: 7,
      k: 5,
      precision: 0.714,
      precision_low: 0.359,
      precision_high: 0.918,
      confirmed: 6,
      found: 5,
      recall: 0.833,
      recall_low: 0.436,
      recall_high: 0.97,
      delay: 30,
      acknowledged: 4,
      contained: 20,
      resolved: 90,
      verdicts: { confirmed: 6, false_alarm: 2 },
    });
  });

  test("alert-quality of nothing is no number, and no error", async () => {
    expect(await ask("alert-quality")).toMatchObject([{ pages: 0, precision: null, delay: null, verdicts: {} }]);
  });

  test("what-changed-before takes six hours before the onset and ten minutes after, of the tenant and of all", async () => {
    await incident("inc_1", { onset: at - 30 * minute });
    await changed("before", at - hour, { from_version: "p11", to_version: "p12" });
    await changed("after", at - 21 * minute);
    await changed("everybody", at - 6 * hour, { tenant: "*" });
    await changed("too early", at - 7 * hour);
    await changed("too late", at - 19 * minute);
    await changed("another's", at - hour, { tenant: "globex" });
    // A repeat, told once more later: the same change.
    await changed("before", at - 29 * minute);
    const rows = await ask("what-changed-before", { id: "inc_1" });
    expect(rows.map((row) => [row["change_id"], row["minutes_before"]])).toEqual([
      ["after", -9],
      ["before", 30],
      ["everybody", 330],
    ]);
    expect(rows[1]).toMatchObject({ from_version: "p11", to_version: "p12" });
    expect(await ask("what-changed-before", { id: "nobody" })).toEqual([]);
  });

  test("incident-rate shows its slice around the window and nothing else", async () => {
    await incident("inc_1", {
      slice: "feature=billing,prompt_version=p%2C1/2:3%25",
      window_start: at - hour,
      window_end: at,
      onset: at - 20 * minute,
      baseline: 0.05,
    });
    await billingTally(at - 2 * hour, 1);
    await billingTally(at - 10 * minute, 4);
    await billingTally(at - 9 * minute, 4, { source_partition: 1 });
    await billingTally(at - 10 * minute, 20, { prompt_version: "p11" });
    await billingTally(at - 10 * minute, 20, { feature: "search" });
    await billingTally(at - 10 * minute, 20, { tenant: "globex" });
    await billingTally(at - 10 * minute, 20, { signal_type: "implicit:copy" });
    await billingTally(at - 8 * hour, 20);
    expect((await ask("incident-rate", { id: "inc_1" })).map(rounded)).toEqual([
      { bin: seconds(at - 2 * hour), k: 1, n: 20, rate: 0.05, low: 0.009, high: 0.236, expected: 0.05, since_onset: 0 },
      {
        bin: seconds(at - 10 * minute),
        k: 8,
        n: 40,
        rate: 0.2,
        low: 0.105,
        high: 0.348,
        expected: 0.05,
        since_onset: 1,
      },
    ]);
  });
});

describe("deliveries", () => {
  test("delivery-log tells every attempt; the view, where each destination stands", async () => {
    await told({ status: "retrying", ts: at, http_status: 500, code: "http_500", next_at: at + 5000 });
    await told({ status: "delivered", ts: at + 6000, attempt: 2, http_status: 202, accepted_at: at + 6000 });
    await told({ status: "failed", ts: at + 1000, destination: "chat", code: "timeout" });
    await told({ status: "delivered", ts: at, incident_id: "inc_2" });
    const log = await ask("delivery-log", { id: "inc_1" });
    expect(log.map((row) => [row["destination"], row["status"], row["attempt"], row["code"]])).toEqual([
      ["pager", "retrying", 1, "http_500"],
      ["chat", "failed", 1, "timeout"],
      ["pager", "delivered", 2, ""],
    ]);
    const standing = "SELECT destination, status FROM deliveries WHERE incident_id = 'inc_1' ORDER BY destination";
    expect(await landed.store.query(standing)).toEqual([
      { destination: "chat", status: "failed" },
      { destination: "pager", status: "delivered" },
    ]);
  });
});

describe("the smallest ratio that can be found", () => {
  const lnT = Math.log(8064);
  const asked = async (what: "rise" | "fall", p: number, phi: number, n: number): Promise<unknown> => {
    const rows = await landed.store.query(
      `SELECT detectable_${what}({p:Float64}, {phi:Float64}, {n:Float64}, {t:Float64}) AS r`,
      { p, phi, n, t: lnT },
    );
    return rows[0]?.["r"];
  };

  test("is 2.518 for a rate of 4 %, over-dispersion 1.2 and 900 trials", async () => {
    expect(await asked("rise", 0.04, 1.2, 900)).toBeCloseTo(2.518, 3);
  });

  test.each([
    ["rise", 0.01, 1, 200],
    ["rise", 0.05, 1.07, 12_000],
    ["rise", 0.2, 1.24, 600],
    ["rise", 0.5, 1, 2400],
    ["rise", 0.8, 1, 2400],
    ["fall", 0.4, 1.2, 900],
    ["fall", 0.1, 1, 6000],
  ] as const)(
    "as SQL has it is what the alerter says: %s from %s, over-dispersion %s, %s trials",
    async (direction, baseline, phi, trials) => {
      const expected = smallestVisibleRatio({ baseline, phi, trials, threshold: 8064, direction }) ?? Number.NaN;
      expect(await asked(direction, baseline, phi, trials)).toBeCloseTo(expected, 3);
    },
  );

  test("is none where even the worst rate would not be found", async () => {
    expect(await asked("rise", 0.01, 1, 2)).toBeNull();
    expect(await asked("fall", 0.01, 1, 20)).toBeNull();
  });

  test("min-detectable-ratio asks it of every tracked slice that has traffic, with its own over-dispersion", async () => {
    const bins = Array.from({ length: 24 }, (_, bin) => at - 2 * hour + bin * 5 * minute);
    await landed.land(
      "tallies",
      ...bins.map((start) => tally(start, 50, 2, { feature: "billing", tier: "pro" })),
      ...bins.map((start, n) => tally(start, 50, n % 2 === 0 ? 0 : 10, { feature: "search" })),
      tally(at - hour, 50, 5, { feature: "small" }),
    );
    const rows = await ask("min-detectable-ratio", { days: "1", at: seconds(at) });
    const of = new Map(rows.map((row) => [row["slice"], rounded(row)]));
    expect(new Set(of.keys())).toEqual(
      new Set(["*", "feature=billing", "feature=billing,tier=pro", "feature=search", "tier=pro"]),
    );
    expect(of.get("feature=billing")).toMatchObject({ all: 1200, rate: 0.04, trials: 100, phi: 1 });
    // Bins of 0 and 10 in 50 around a rate of .1: each z² is 5.56, so rho is 4.56/49, over bins of 4.2 trials.
    expect(of.get("feature=search")).toMatchObject({ rate: 0.1, phi: 1.294 });
    const expected = smallestVisibleRatio({ baseline: 0.04, phi: 1, trials: 100, threshold: 8064, direction: "rise" });
    expect(of.get("feature=billing")?.["ratio"]).toBeCloseTo(expected ?? 0, 2);
  });
});
