// What analysts read: the views settle copies, revisions, retractions, roll-outs and late provenance, and count nothing twice.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Landed, openLanded } from "./queries-data.ts";

const hour = 3_600_000;
/** This year, so that the tables' retention of 400 days leaves the rows alone; winter, when Berlin is an hour ahead of UTC. */
const year = new Date().getUTCFullYear();
const at = Date.UTC(year, 0, 10, 10);

let landed: Landed;
beforeAll(async () => {
  landed = await openLanded();
});
afterAll(() => landed[Symbol.asyncDispose]());

const ask = (sql: string, params: Readonly<Record<string, unknown>> = {}) => landed.store.query(sql, params);

const idsOf = async (session: string) =>
  (await ask("SELECT event_id FROM feedback WHERE session_id = {session:String} ORDER BY event_id", { session })).map(
    (row) => row["event_id"],
  );

const sums = (type: string) =>
  ask("SELECT sum(fired) AS k, sum(trials) AS n FROM signal_rates WHERE signal_type = {type:String}", { type });

describe("feedback", () => {
  test("shows one row per signal, the newest revision, however often and in whatever order they landed", async () => {
    const signal = { event_id: "rev", session_id: "s-rev", event_type: "implicit:copy", anchor: "r-1", ts: at };
    const second = { ...signal, revision: 2, grade: "second", source_last_offset: 20 };
    await landed.land("signals", second);
    await landed.land("signals", { ...signal, grade: "first", source_last_offset: 10 }, second);
    const [row, ...more] = await ask("SELECT revision, grade FROM feedback WHERE session_id = 's-rev'");
    expect([row, more]).toEqual([{ revision: 2, grade: "second" }, []]);
  });

  test("shows the newest revision even where its time moved into the next month", async () => {
    const midnight = Date.UTC(year, 1, 1);
    const signal = { event_id: "month", session_id: "s-month", event_type: "implicit:silent-end", anchor: "r-1" };
    await landed.land("signals", { ...signal, ts: midnight - 1000 }, { ...signal, ts: midnight + 1000, revision: 2 });
    const rows = await ask(
      "SELECT revision FROM feedback WHERE session_id = 's-month' AND ts < {midnight:DateTime('UTC')}",
      {
        midnight: midnight / 1000,
      },
    );
    expect(rows).toEqual([]);
    expect(await idsOf("s-month")).toEqual(["month"]);
  });

  test("leaves out what was retracted, and what was never live", async () => {
    const signal = { session_id: "s-out", event_type: "implicit:copy", ts: at };
    await landed.land(
      "signals",
      { ...signal, event_id: "taken-back", anchor: "r-1" },
      { ...signal, event_id: "taken-back", anchor: "r-1", revision: 2, retracted: true },
      { ...signal, event_id: "shadow", anchor: "r-2", origin: "shadow" },
      { ...signal, event_id: "backfill", anchor: "r-3", origin: "backfill" },
      { ...signal, event_id: "stays", anchor: "r-4" },
    );
    expect(await idsOf("s-out")).toEqual(["stays"]);
  });

  test("of two versions that judged the same anchor only the later word counts, also when it is a retraction", async () => {
    const signal = { session_id: "s-roll", event_type: "implicit:repeat-ask", ts: at };
    const older = { ...signal, detector_version: "1", config_hash: "c1" };
    const newer = { ...signal, detector_version: "1", config_hash: "c2" };
    await landed.land(
      "signals",
      { ...older, event_id: "a1", anchor: "a", source_last_offset: 10 },
      { ...newer, event_id: "a2", anchor: "a", source_last_offset: 20 },
      { ...older, event_id: "b1", anchor: "b", source_last_offset: 11 },
      { ...newer, event_id: "b2", anchor: "b", source_last_offset: 21, retracted: true },
      { ...older, event_id: "c1", anchor: "c", source_last_offset: 12 },
      { ...newer, event_id: "d2", anchor: "d", source_last_offset: 22 },
      // Another type on the same anchor is another signal.
      { ...older, event_type: "implicit:follow-up-clarification", event_id: "e1", anchor: "a", source_last_offset: 9 },
    );
    expect(await idsOf("s-roll")).toEqual(["a2", "c1", "d2", "e1"]);
    const all = await ask("SELECT event_id FROM feedback_by_version WHERE session_id = 's-roll' ORDER BY event_id");
    expect(all.map((row) => row["event_id"])).toEqual(["a1", "a2", "b1", "c1", "d2", "e1"]);
  });

  test("a later incarnation of the topics has the later word, although its offsets begin anew", async () => {
    const signal = { session_id: "s-inc", event_type: "implicit:copy", ts: at, anchor: "r" };
    await landed.land(
      "signals",
      { ...signal, event_id: "before", config_hash: "c1", source_last_offset: 9_000, _inc: 1 },
      { ...signal, event_id: "after", config_hash: "c2", source_last_offset: 3, _inc: 2 },
    );
    expect(await idsOf("s-inc")).toEqual(["after"]);
  });

  test("resolves provenance by the response that came too late for the detector", async () => {
    const signal = { session_id: "s-late", event_type: "implicit:copy", ts: at, provenance_status: "unresolved" };
    await landed.land(
      "signals",
      { ...signal, event_id: "found", anchor: "a", response_id: "late-1" },
      { ...signal, event_id: "not-found", anchor: "b", response_id: "never" },
      { ...signal, event_id: "other-tenant", anchor: "c", response_id: "late-1", tenant: "other" },
      {
        ...signal,
        event_id: "known",
        anchor: "d",
        response_id: "late-1",
        provenance_status: "resolved",
        prompt_version: "v1",
      },
    );
    const response = { event_id: "e-1", ts: at - 1000, response_id: "late-1", model: "m", release: "r7" };
    await landed.land("responses", { ...response, prompt_version: "second content", _offset: 8 });
    await landed.land("responses", { ...response, prompt_version: "v2", _offset: 7 });
    const rows = await ask(
      "SELECT event_id, provenance_status AS status, prompt_version AS v, release FROM feedback WHERE session_id = 's-late' ORDER BY event_id",
    );
    expect(rows).toEqual([
      { event_id: "found", status: "resolved", v: "v2", release: "r7" },
      { event_id: "known", status: "resolved", v: "v1", release: "" },
      { event_id: "not-found", status: "unresolved", v: "", release: "" },
      { event_id: "other-tenant", status: "unresolved", v: "", release: "" },
    ]);
    // Of two contents under one event id the first in the log counts.
    expect(await ask("SELECT prompt_version FROM answers WHERE response_id = 'late-1'")).toEqual([
      { prompt_version: "v2" },
    ]);
  });

  test("has the six-field shape, evidence as a list, and the rating as a number", async () => {
    await landed.land("signals", {
      event_id: "shape",
      session_id: "s-shape",
      event_type: "rating",
      ts: at,
      event_value: JSON.stringify({ value: 4, scale_max: 10 }),
      user_id_hash: "u",
      feature: "billing",
      device: "mobile",
      evidence: ["e-1", "e-2"],
    });
    const rows = await ask(
      "SELECT context, context.device AS device, evidence[2] AS second, value, scale_max FROM feedback WHERE session_id = 's-shape'",
    );
    expect(rows).toEqual([
      {
        context: {
          user_id_hash: "u",
          session_id: "s-shape",
          feature: "billing",
          segment: "",
          tier: "",
          device: "mobile",
          locale: "",
          app_version: "",
        },
        device: "mobile",
        second: "e-2",
        value: 4,
        scale_max: 10,
      },
    ]);
  });

  test("count() equals the distinct ids", async () => {
    const [row] = await ask("SELECT count() AS rows, uniqExact(event_id) AS ids FROM feedback");
    expect(row?.["rows"]).toBe(row?.["ids"]);
  });
});

describe("signal_rates", () => {
  test("of a cell-minute the highest stamp counts per source partition, whichever landed last, and partitions add up", async () => {
    const cell = { signal_type: "stamps", minute: at, feature: "billing", source_partition: 0 };
    await landed.land("tallies", { ...cell, stamp: 30, trials: 12, fired: 4 });
    await landed.land(
      "tallies",
      { ...cell, stamp: 20, trials: 11, fired: 9 },
      { ...cell, stamp: 30, trials: 12, fired: 4 },
      { ...cell, source_partition: 1, stamp: 5, trials: 100, fired: 1 },
      { ...cell, feature: "search", stamp: 30, trials: 1000, fired: 0 },
      { ...cell, utc_offset_min: 0, stamp: 30, trials: 10_000, fired: 0 },
    );
    expect(await sums("stamps")).toEqual([{ k: 5, n: 11_112 }]);
  });

  test("a later incarnation counts before a higher stamp", async () => {
    const cell = { signal_type: "incarnations", minute: at, source_partition: 0 };
    await landed.land("tallies", { ...cell, stamp: 1, trials: 3, fired: 0, _inc: 2 });
    await landed.land("tallies", { ...cell, stamp: 900_000, trials: 7, fired: 7, _inc: 1 });
    expect(await sums("incarnations")).toEqual([{ k: 0, n: 3 }]);
  });

  test("of a minute in which the settings changed only the later version counts, with all its cells", async () => {
    const older = { signal_type: "rollout", minute: at, source_partition: 0, config_hash: "c1" };
    const newer = { ...older, config_hash: "c2" };
    await landed.land(
      "tallies",
      { ...older, feature: "a", stamp: 10, trials: 5, fired: 5 },
      { ...older, feature: "b", stamp: 11, trials: 5, fired: 5 },
      { ...newer, feature: "a", stamp: 20, trials: 6, fired: 1 },
      { ...newer, feature: "b", stamp: 9, trials: 6, fired: 1 },
      // Other minutes, partitions and tenants keep their own version.
      { ...older, minute: at - 60_000, stamp: 5, trials: 100, fired: 0 },
      { ...older, source_partition: 1, stamp: 5, trials: 1000, fired: 0 },
      { ...older, tenant: "other", stamp: 5, trials: 10_000, fired: 0 },
    );
    expect(await sums("rollout")).toEqual([{ k: 2, n: 11_112 }]);
    const [both] = await ask("SELECT sum(trials) AS n FROM signal_rates_by_version WHERE signal_type = 'rollout'");
    expect(both).toEqual({ n: 11_122 });
  });

  test("leaves out shadows and control records, which decide nothing either", async () => {
    const cell = { signal_type: "shadows", minute: at, source_partition: 0 };
    await landed.land(
      "tallies",
      { ...cell, stamp: 10, trials: 5, fired: 1 },
      { ...cell, config_hash: "c2", shadow: true, stamp: 20, trials: 7, fired: 7 },
      { ...cell, tenant: "~", signal_type: "~progress", stamp: 30, trials: 9, fired: 9 },
    );
    expect(await sums("shadows")).toEqual([{ k: 1, n: 5 }]);
    expect(await sums("~progress")).toEqual([{ k: 0, n: 0 }]);
  });

  test("tells the hour of the user: by the event's offset, else by the tenant's zone, else in UTC", async () => {
    await landed.store.command("INSERT INTO tenants (tenant, zone) VALUES ('berlin', 'Europe/Berlin')");
    const cell = { signal_type: "hours", source_partition: 0, trials: 1 };
    const summer = Date.UTC(year, 6, 1, 22);
    await landed.land(
      "tallies",
      { ...cell, minute: at, utc_offset_min: 330 },
      { ...cell, minute: at, utc_offset_min: -600 },
      { ...cell, minute: at, tenant: "berlin" },
      { ...cell, minute: at, tenant: "berlin", utc_offset_min: 0 },
      { ...cell, minute: summer, tenant: "berlin" },
      { ...cell, minute: at + 2 * hour, tenant: "nowhere" },
    );
    const rows = await ask(
      "SELECT tenant, hour_local FROM signal_rates WHERE signal_type = 'hours' ORDER BY tenant, ts, utc_offset_min NULLS LAST",
    );
    expect(rows.map((row) => `${String(row["tenant"])} ${String(row["hour_local"])}`)).toEqual([
      "acme 0",
      "acme 15",
      "berlin 10",
      "berlin 11",
      "berlin 0",
      "nowhere 12",
    ]);
  });

  test("shows the daily hashes of users with a harmful trial", async () => {
    const users = Buffer.alloc(20);
    users.writeBigUInt64BE(0x0102_0304_0506_0708n, 0);
    users.writeUInt16BE(3, 8);
    users.writeBigUInt64BE(0xffn, 10);
    users.writeUInt16BE(1, 18);
    const cell = { signal_type: "users", minute: at, trials: 9 };
    await landed.land("tallies", { ...cell, users: users.toString("base64") }, { ...cell, source_partition: 1 });
    const rows = await ask(
      "SELECT harmed_users FROM signal_rates WHERE signal_type = 'users' ORDER BY length(harmed_users)",
    );
    expect(rows).toEqual([{ harmed_users: [] }, { harmed_users: ["0102030405060708", "00000000000000FF"] }]);
  });

  test("a time in the question reaches the table's index, beneath FINAL and the choice of versions", async () => {
    const plan = await ask(
      "SELECT * FROM (EXPLAIN indexes = 1 SELECT sum(trials) FROM signal_rates WHERE signal_type = 'x' AND ts >= '2026-11-01 00:00:00')",
    );
    const text = plan.map((row) => String(row["explain"])).join("\n");
    const [, primaryKey = ""] = text.split("PrimaryKey");
    expect(primaryKey).toMatch(/Keys:\s+signal_type\s+minute/);
  });
});

describe("the other views", () => {
  test("rejects show each once, without bytes", async () => {
    const reject = { reject_id: "interactions:0:7", reason: "malformed", append_ts: at, bytes_total: 12 };
    await landed.land("reject_rows", reject);
    await landed.land("reject_rows", reject);
    await landed.land("reject_bytes", { reject_id: reject.reject_id, append_ts: at, value_base64: "AAEC" });
    const rows = await ask("SELECT * FROM rejects");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      reject_id: "interactions:0:7",
      reason: "malformed",
      bytes_total: 12,
      schema_id: null,
    });
    expect(Object.keys(rows[0] ?? {}).filter((name) => /base64|value|key/.test(name))).toEqual([]);
  });

  test("late events show each once, with how late it was", async () => {
    const event = {
      event_id: "e",
      type: "copy",
      ts: at - 90_500,
      append_ts: at,
      source_offset: 5,
      watermark: at - 30_000,
    };
    await landed.land("late", event);
    await landed.land("late", event);
    expect(await ask("SELECT event_id, late_by FROM late_events")).toEqual([{ event_id: "e", late_by: 90.5 }]);
  });
});

describe("rate intervals", () => {
  test.for([
    [45, 50, 0.786, 0.957],
    [2, 10, 0.057, 0.51],
    [25, 180, 0.096, 0.197],
    [0, 10, 0, 0.278],
    [5, 5, 0.566, 1],
    [0, 0, 0, 1],
  ])("%i of %i is %f to %f", async ([k, n, low, high]) => {
    const [row] = await ask(
      "SELECT round(rate_low({k:UInt64}, {n:UInt64}), 3) AS low, round(rate_high({k:UInt64}, {n:UInt64}), 3) AS high",
      { k, n },
    );
    expect(row).toEqual({ low, high });
  });
});
