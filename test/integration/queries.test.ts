// Each named question on known data with its known answer, asked as `npm run query` asks it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bindParams, readQueries } from "#schemas/clickhouse/queries.ts";
import { tables } from "#schemas/clickhouse/tables.ts";
import { type Landed, openLanded } from "./queries-data.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Noon of a day of this year: the tables keep 400 days. */
const at = Date.UTC(new Date().getUTCFullYear(), 4, 20, 12);

const text = (ms: number): string => new Date(ms).toISOString().replace("T", " ").slice(0, 23);
const seconds = (ms: number): string => text(ms).slice(0, 19);
const date = (ms: number): string => text(ms).slice(0, 10);
const month = (ms: number): string => `${date(ms).slice(0, 8)}01`;
const monday = (ms: number): string => date(ms - ((new Date(ms).getUTCDay() + 6) % 7) * day);

let landed: Landed;
let tenants = 0;
beforeAll(async () => {
  landed = await openLanded();
});
afterAll(() => landed[Symbol.asyncDispose]());
beforeEach(async () => {
  tenants = 0;
  for (const table of Object.keys(tables)) await landed.store.command(`TRUNCATE TABLE ${table}`);
});

/** The answer with numbers rounded to three places. */
const ask = async (name: string, params: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>[]> => {
  const query = readQueries().find((candidate) => candidate.name === name);
  if (query === undefined) throw new Error(`no question ${name}`);
  const given = new Map(
    Object.entries({ ...(query.params.some((param) => param.name === "at") ? { at: seconds(at) } : {}), ...params }),
  );
  const bound = bindParams(query, given, at);
  if ("mistakes" in bound) throw new Error(bound.mistakes.join("; "));
  const rows = await landed.store.query(query.sql, bound.params);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([column, value]) => [
        column,
        typeof value === "number" ? Math.round(value * 1000) / 1000 : value,
      ]),
    ),
  );
};

type Tally = Parameters<typeof landed.land<"tallies">>[1];

/** `k` of `n` trials fired; each call is another tenant unless told otherwise, so that no cell hides another. */
const tally = (signal: string, k: number, n: number, more: Tally = {}): Promise<void> => {
  tenants += 1;
  return landed.land("tallies", {
    tenant: `t${tenants}`,
    signal_type: signal,
    minute: at - hour,
    fired: k,
    trials: n,
    ...more,
  });
};

const abandonment = "implicit:abandonment";
const repeat = "implicit:repeat-ask";
const clarification = "implicit:follow-up-clarification";
const copy = "implicit:copy";

test("every question is short, asks itself in one sentence, and declares its parameters as it uses them", () => {
  const queries = readQueries();
  expect(queries.length).toBeGreaterThanOrEqual(15);
  for (const { name, question, params, sql } of queries) {
    expect(question, name).toMatch(/^[A-Z].*[?.]$/);
    expect(sql.split("\n").length, name).toBeLessThanOrEqual(12);
    const used = new Set([...sql.matchAll(/\{(\w+):([^}]+)\}/g)].map(([, param, type]) => `${param} ${type}`));
    expect([...used].toSorted(), name).toEqual(params.map((param) => `${param.name} ${param.type}`).toSorted());
  }
});

describe("questions to signal_rates", () => {
  test("worst-feature-by-tier ranks by what is certain, so that 2 of 20 does not beat 30 of 180", async () => {
    await tally(abandonment, 30, 180, { tier: "pro", feature: "billing" });
    await tally(abandonment, 5, 20, { tier: "pro", feature: "search" });
    await tally(abandonment, 9, 10, { tier: "pro", feature: "too few" });
    await tally(abandonment, 1, 100, { tier: "free", feature: "search" });
    await tally(abandonment, 90, 100, { tier: "free", feature: "old", minute: at - 93 * day });
    await tally(repeat, 90, 100, { tier: "free", feature: "other signal" });
    expect(await ask("worst-feature-by-tier")).toEqual([
      { tier: "free", feature: "search", k: 1, n: 100, rate: 0.01, at_least: 0.002 },
      { tier: "pro", feature: "billing", k: 30, n: 180, rate: 0.167, at_least: 0.119 },
    ]);
  });

  test("repeat-ask-by-hour takes the user's hour", async () => {
    await tally(repeat, 1, 10, { minute: at - hour });
    await tally(repeat, 2, 10, { minute: at - hour, utc_offset_min: 120 });
    await tally(repeat, 3, 10, { minute: at - day - hour, utc_offset_min: 120 });
    expect(await ask("repeat-ask-by-hour")).toEqual([
      { hour_local: 11, k: 1, n: 10, rate: 0.1, low: 0.018, high: 0.404 },
      { hour_local: 13, k: 5, n: 20, rate: 0.25, low: 0.112, high: 0.469 },
    ]);
  });

  test("prompt-version-raised-abandonment names the version and when it was first seen", async () => {
    const mobile = { device: "mobile", prompt_name: "answer" };
    await tally(abandonment, 10, 200, { ...mobile, prompt_version: "v1", minute: at - 3 * day });
    await tally(abandonment, 12, 200, { ...mobile, prompt_version: "v2", minute: at - 2 * day });
    await tally(abandonment, 40, 200, { ...mobile, prompt_version: "v3", minute: at - day });
    await tally(abandonment, 30, 100, { ...mobile, prompt_version: "v3", minute: at - hour });
    await tally(abandonment, 90, 100, { ...mobile, device: "desktop", prompt_version: "v2" });
    await tally(abandonment, 90, 100, { ...mobile, prompt_name: "only one", prompt_version: "v1" });
    expect(await ask("prompt-version-raised-abandonment")).toEqual([
      {
        prompt_name: "answer",
        prompt_version: "v3",
        first_seen: text(at - day),
        k: 70,
        n: 300,
        rate: 0.233,
        k_before: 22,
        n_before: 400,
        rate_before: 0.055,
      },
    ]);
  });

  test("response-rate-by-week says where too few answer", async () => {
    const answered = "explicit:answered";
    await tally(answered, 3, 100, { feature: "billing", minute: at - hour });
    await tally(answered, 1, 200, { feature: "search", minute: at - hour });
    await tally(answered, 4, 100, { feature: "search", minute: at - 7 * day });
    expect(await ask("response-rate-by-week")).toEqual([
      { feature: "billing", week: monday(at), answered: 3, shown: 100, rate: 0.03, too_few: 0 },
      { feature: "search", week: monday(at - 7 * day), answered: 4, shown: 100, rate: 0.04, too_few: 0 },
      { feature: "search", week: monday(at), answered: 1, shown: 200, rate: 0.005, too_few: 1 },
    ]);
  });

  test("copy-rate-in-flow sets the flow against everything else", async () => {
    await tally(copy, 5, 10, { feature: "pricing" });
    await tally(copy, 20, 100, { feature: "search" });
    await tally(copy, 20, 100, { feature: "billing" });
    expect(await ask("copy-rate-in-flow")).toEqual([
      { week: monday(at), traffic: "flow", k: 5, n: 10, rate: 0.5, low: 0.237, high: 0.763 },
      { week: monday(at), traffic: "elsewhere", k: 40, n: 200, rate: 0.2, low: 0.15, high: 0.261 },
    ]);
  });

  test("month-over-month-by-device compares each month with the one before", async () => {
    await tally(abandonment, 10, 100, { device: "mobile", minute: at - 31 * day });
    await tally(abandonment, 12, 100, { device: "mobile" });
    await tally(abandonment, 1, 100, { device: "desktop" });
    expect(await ask("month-over-month-by-device")).toEqual([
      {
        signal_type: abandonment,
        device: "desktop",
        month: month(at),
        k: 1,
        n: 100,
        rate: 0.01,
        rate_before: null,
        change: null,
      },
      {
        signal_type: abandonment,
        device: "mobile",
        month: month(at - 31 * day),
        k: 10,
        n: 100,
        rate: 0.1,
        rate_before: null,
        change: null,
      },
      {
        signal_type: abandonment,
        device: "mobile",
        month: month(at),
        k: 12,
        n: 100,
        rate: 0.12,
        rate_before: 0.1,
        change: 0.2,
      },
    ]);
  });

  test("before-and-after looks at the change's scope only", async () => {
    await tally(clarification, 10, 100, { feature: "billing", minute: at - minute });
    await tally(clarification, 20, 100, { feature: "billing", minute: at });
    await tally(clarification, 90, 100, { feature: "search", minute: at });
    await tally(clarification, 90, 100, { feature: "billing", minute: at - 25 * hour });
    expect(await ask("before-and-after", { feature: "billing" })).toEqual([
      { part: "before", k: 10, n: 100, rate: 0.1, low: 0.055, high: 0.174 },
      { part: "after", k: 20, n: 100, rate: 0.2, low: 0.133, high: 0.289 },
    ]);
    expect(await ask("before-and-after")).toMatchObject([{ n: 100 }, { n: 200 }]);
  });

  test("model-versions-side-by-side shows prompt versions that ran with several models", async () => {
    const prompt = { prompt_name: "answer", prompt_version: "v1" };
    await tally(abandonment, 10, 100, { ...prompt, model_version: "m1" });
    await tally(abandonment, 20, 100, { ...prompt, model_version: "m2" });
    await tally(copy, 30, 100, { ...prompt, model_version: "m1" });
    await tally(copy, 15, 100, { ...prompt, model_version: "m2" });
    await tally(copy, 90, 100, { ...prompt, prompt_version: "v2", model_version: "m2" });
    const rows = await ask("model-versions-side-by-side");
    expect(rows.map((row) => [row["signal_type"], row["model_version"], row["rate"]])).toEqual([
      [abandonment, "m1", 0.1],
      [abandonment, "m2", 0.2],
      [copy, "m1", 0.3],
      [copy, "m2", 0.15],
    ]);
  });

  test("quiet-thumbs-loud-repeats finds the feature whose users ask again instead of complaining", async () => {
    const down = "explicit:thumbs-down";
    await tally(down, 1, 1000, { feature: "quiet" });
    await tally(repeat, 60, 200, { feature: "quiet" });
    await tally(down, 30, 1000, { feature: "loud" });
    await tally(repeat, 60, 200, { feature: "loud" });
    await tally(down, 1, 1000, { feature: "well" });
    await tally(repeat, 10, 400, { feature: "well" });
    expect(await ask("quiet-thumbs-loud-repeats")).toEqual([
      { feature: "quiet", thumbs_down: 0.001, repeat_ask: 0.3, shown: 1000, turns: 200 },
    ]);
  });

  test("session-ends-by-feature shares the visits out over four ends", async () => {
    await tally(abandonment, 10, 100, { feature: "billing" });
    await tally("implicit:silent-end", 30, 100, { feature: "billing" });
    await tally("implicit:escalation", 5, 100, { feature: "billing" });
    await tally(copy, 50, 100, { feature: "billing" });
    expect(await ask("session-ends-by-feature")).toEqual([
      { feature: "billing", visits: 100, after_friction: 10, silent: 30, escalated: 5, used: 55, used_share: 0.55 },
    ]);
  });

  test("detector-versions-rates shows signals that several versions or settings counted, shadows too", async () => {
    const cell = { tenant: "acme", minute: at - hour };
    await tally(repeat, 10, 100, cell);
    await tally(repeat, 5, 100, { ...cell, detector_version: "2", config_hash: "c2", shadow: true });
    await tally(copy, 5, 100, cell);
    const first = text(at - hour);
    expect(await ask("detector-versions-rates")).toEqual([
      {
        signal_type: repeat,
        detector_version: "1",
        config_hash: "c1",
        shadow: false,
        first,
        last: first,
        k: 10,
        n: 100,
        rate: 0.1,
        low: 0.055,
        high: 0.174,
      },
      {
        signal_type: repeat,
        detector_version: "2",
        config_hash: "c2",
        shadow: true,
        first,
        last: first,
        k: 5,
        n: 100,
        rate: 0.05,
        low: 0.022,
        high: 0.112,
      },
    ]);
  });

  test("busy-slices-gone-silent lists the hours without a response, of busy features only", async () => {
    const shown = "implicit:engagement-length";
    for (const back of [1, 2, 4])
      await tally(shown, 40, 40, { tenant: "acme", feature: "billing", minute: at - back * hour });
    await tally(shown, 3, 3, { tenant: "acme", feature: "rare", minute: at - hour });
    expect(await ask("busy-slices-gone-silent", { hours: "5" })).toEqual([
      { tenant: "acme", feature: "billing", usual: 24, silent_hour: seconds(at - 5 * hour) },
      { tenant: "acme", feature: "billing", usual: 24, silent_hour: seconds(at - 3 * hour) },
    ]);
  });
});

const thumbs = (id: number, user: string, category: string) => ({
  event_id: `${id}`,
  anchor: `${id}`,
  event_type: "thumbs",
  ts: at - hour,
  user_id_hash: user,
  category,
});

const user = (id: number) => ({ user_id_hash: `u${id}`, tier: id < 8 ? "free" : "pro", segment: "all" });

describe("questions to feedback and the rest", () => {
  const signal = { event_type: repeat, ts: at - hour };
  test("signal-provenance lets a signal answer for itself", async () => {
    const told = {
      event_id: "id-1",
      event_type: repeat,
      tenant: "acme",
      session_id: "s-1",
      response_id: "r-1",
      prompt_name: "answer",
      prompt_version: "v3",
      model: "m",
      model_version: "m-2",
      release: "r7",
      audit_id: "audit",
      provenance_status: "resolved",
      detector_id: "repeat-ask",
      detector_version: "1",
      config_hash: "c1",
      origin: "live",
      revision: 2,
      evidence: ["e-1", "e-2"],
      source_topic: "interactions",
      source_partition: 3,
      source_first_offset: 10,
      source_last_offset: 17,
      schema_id: 5,
      score: 0.8,
      confidence: null,
      event_value: "{}",
    };
    const times = { ts: at - hour, window_start: at - 2 * hour, window_end: at - hour };
    await landed.land(
      "signals",
      { ...told, ...times, anchor: "a" },
      { ...signal, event_id: "id-2", anchor: "b", ts: at - minute },
    );
    expect(await ask("signal-provenance", { id: "id-1" })).toEqual([
      { ...told, ts: text(times.ts), window_start: text(times.window_start), window_end: text(times.window_end) },
    ]);
    expect(await ask("signal-provenance")).toMatchObject([{ event_id: "id-2" }]);
  });

  test("detector-versions-differ compares while both versions ran", async () => {
    const one = { ...signal, detector_version: "1", config_hash: "c1" };
    const two = { ...signal, detector_version: "2", config_hash: "c2", origin: "shadow" };
    await landed.land(
      "signals",
      { ...one, event_id: "1-early", anchor: "early", ts: at - 5 * hour },
      { ...one, event_id: "1-a", anchor: "a", ts: at - 3 * hour },
      { ...two, event_id: "2-a", anchor: "a", ts: at - 3 * hour },
      { ...one, event_id: "1-b", anchor: "b", ts: at - 2 * hour, session_id: "s-2" },
      { ...two, event_id: "2-c", anchor: "c", ts: at - 2 * hour, session_id: "s-3" },
      { ...one, event_id: "1-d", anchor: "d", ts: at - hour },
      { ...two, event_id: "2-d", anchor: "d", ts: at - hour },
    );
    const differing = { event_type: repeat, tenant: "acme" };
    expect(await ask("detector-versions-differ")).toEqual([
      { ...differing, session_id: "s-2", anchor: "b", only_in: "1" },
      { ...differing, session_id: "s-3", anchor: "c", only_in: "2" },
    ]);
  });

  const rating = (id: string, value: number, scale: number | null, feature = "billing") => ({
    event_id: id,
    anchor: id,
    event_type: "rating",
    ts: at - hour,
    feature,
    event_value: JSON.stringify({ value, scale_max: scale ?? undefined }),
  });

  test("stars-by-feature brings every scale to five stars", async () => {
    await landed.land(
      "signals",
      rating("1", 1, 5),
      rating("2", 5, 5),
      rating("3", 10, 10),
      rating("4", 4, null),
      rating("5", 3, 5, "search"),
    );
    expect(await ask("stars-by-feature")).toEqual([
      { feature: "billing", stars: 1, n: 1, share: 0.25 },
      { feature: "billing", stars: 4, n: 1, share: 0.25 },
      { feature: "billing", stars: 5, n: 2, share: 0.5 },
      { feature: "search", stars: 3, n: 1, share: 1 },
    ]);
  });

  test("top-users-share says what a few users make of the rate", async () => {
    const loud = Array.from({ length: 30 }, (_, id) => thumbs(id, "loud", "negative"));
    const others = Array.from({ length: 49 }, (_, id) =>
      thumbs(100 + id, `user-${id}`, id < 7 ? "negative" : "positive"),
    );
    await landed.land("signals", ...loud, ...others);
    expect(await ask("top-users-share")).toEqual([
      { all_users: 50, top_users: 1, their_share: 0.38, negative_share: 0.468, negative_share_without_them: 0.143 },
    ]);
  });

  test("answering-users compares who answers with who is there", async () => {
    await landed.land(
      "responses",
      ...Array.from({ length: 10 }, (_, id) => ({
        event_id: `${id}`,
        response_id: `${id}`,
        ts: at - hour,
        ...user(id),
      })),
    );
    await landed.land("signals", { event_id: "1", anchor: "1", event_type: "thumbs", ts: at - hour, ...user(0) });
    await landed.land("signals", { event_id: "9", anchor: "9", event_type: "comment", ts: at - hour, ...user(9) });
    await landed.land("signals", { event_id: "8", anchor: "8", event_type: copy, ts: at - hour, ...user(8) });
    expect(await ask("answering-users")).toEqual([
      {
        tier: "free",
        segment: "all",
        users: 8,
        answering: 1,
        rate: 0.125,
        share_of_users: 0.8,
        share_of_answering: 0.5,
      },
      { tier: "pro", segment: "all", users: 2, answering: 1, rate: 0.5, share_of_users: 0.2, share_of_answering: 0.5 },
    ]);
  });

  test("unresolved-provenance counts by day what even the view cannot resolve", async () => {
    const unresolved = { ...signal, provenance_status: "unresolved" };
    await landed.land(
      "signals",
      { ...unresolved, event_id: "1", anchor: "1", response_id: "came-later" },
      { ...unresolved, event_id: "2", anchor: "2", response_id: "never" },
      { ...signal, event_id: "3", anchor: "3" },
      { ...signal, event_id: "4", anchor: "4", ts: at - day },
    );
    await landed.land("responses", { event_id: "e", response_id: "came-later", ts: at });
    expect(await ask("unresolved-provenance")).toEqual([
      { day: date(at - day), unresolved: 0, signals: 1, share: 0 },
      { day: date(at), unresolved: 1, signals: 3, share: 0.333 },
    ]);
  });

  test("rejects-by-reason looks at yesterday", async () => {
    const yesterday = at - day;
    const reject = {
      reason: "missing_field",
      field: "session_id",
      schema_id: 3,
      append_ts: yesterday,
      bytes_total: 100,
    };
    await landed.land(
      "reject_rows",
      { ...reject, reject_id: "interactions:0:1" },
      { ...reject, reject_id: "interactions:0:2", append_ts: yesterday + hour },
      { ...reject, reject_id: "interactions:0:3", reason: "malformed", field: null, schema_id: null },
      { ...reject, reject_id: "interactions:0:4", append_ts: at },
    );
    const rows = await ask("rejects-by-reason");
    expect(rows).toEqual([
      {
        reason: "missing_field",
        field: "session_id",
        schema_id: 3,
        source_topic: "interactions",
        rejects: 2,
        bytes: 200,
        first: text(yesterday),
        last: text(yesterday + hour),
        example: "interactions:0:1",
      },
      expect.objectContaining({ reason: "malformed", field: "", schema_id: null, rejects: 1 }),
    ]);
  });

  test("late-by-app-version gives the lateness of the latest hundredth", async () => {
    const late = (id: number, by: number, app: string) => ({
      event_id: `${id}`,
      source_offset: id,
      type: "copy",
      ts: at - hour - by * 1000,
      append_ts: at - hour,
      watermark: at - hour,
      app_version: app,
    });
    await landed.land(
      "late",
      ...Array.from({ length: 100 }, (_, id) => late(id, id + 1, "1.0")),
      late(100, 7200, "2.0"),
    );
    expect(await ask("late-by-app-version")).toEqual([
      { day: date(at), app_version: "1.0", events: 100, of_full_visits: 0, median_seconds: 51, p99_seconds: 100 },
      { day: date(at), app_version: "2.0", events: 1, of_full_visits: 0, median_seconds: 7200, p99_seconds: 7200 },
    ]);
  });
});
