// The API: who gets in, what they see, which acts fit, and what is said to those that do not.
import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Act } from "#core/alerts/alert-port.ts";
import { silentLogger } from "#runtime/logger.ts";
import type { DeliveryRecord, IncidentRecord } from "#schemas/generated/records.ts";
import { createApi } from "./api.ts";
import { createLedger } from "./ledger.ts";
import { blankIncident, noticeId, withNotice } from "./test-fold.ts";
import { parseTokens } from "./tokens.ts";

const line = (token: string, more: object): string =>
  JSON.stringify({
    sha256: hash("sha256", token, "hex"),
    actor: "kim",
    tenants: ["acme"],
    scopes: ["read", "act"],
    ...more,
  });

const tokens = parseTokens(
  [
    line("kim", {}),
    line("reader", { scopes: ["read"] }),
    line("globex", { tenants: ["globex"] }),
    line("root", { tenants: ["*"] }),
  ].join("\n"),
  "tokens",
);

const delivery = (over: Partial<DeliveryRecord> = {}): DeliveryRecord => ({
  incident_id: "inc_1",
  notification_id: noticeId("inc_1", "opened", 1),
  destination: "hook",
  tenant: "acme",
  kind: "opened",
  status: "delivered",
  attempt: 1,
  ts: 5,
  rev: 1,
  next_at: null,
  http_status: 200,
  code: "ok",
  duration_ms: 3,
  body_sha256: "ab",
  accepted_at: 5,
  actor: null,
  ...over,
});

interface Options {
  /** Whether the fold does what was written. */
  readonly obeys?: boolean;
  readonly rate?: number;
  readonly failures?: number;
}

const openScene = ({ obeys = true, rate = 100, failures = 100 }: Options = {}) => {
  const ledger = createLedger();
  const origin = { partition: 0, at: 0, fromLog: true };
  const acts: Act[] = [];
  const written: DeliveryRecord[] = [];
  let now = Date.UTC(2026, 2, 1);
  const app = createApi({
    ledger,
    async writeAct({ record }, id, act) {
      acts.push(act);
      if (obeys)
        ledger.addIncident(origin, {
          ...record,
          rev: record.rev + 1,
          state: "acknowledged",
          act_id: id,
          actor: act.actor,
        });
    },
    writeDelivery: async (_partition, record) => void written.push(record),
    now: () => now,
    patience: 20,
    stopping: new AbortController().signal,
    tokens: () => tokens,
    rate,
    failures,
    version: "1",
    log: silentLogger,
    meter: { answered: () => undefined },
  });
  const ask = async (
    url: string,
    { token = "kim", body, headers = {} }: { token?: string | null; body?: unknown; headers?: object } = {},
  ) => {
    const answer = await app.inject({
      method: body === undefined ? "GET" : "POST",
      url,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      json: answer.json<Readonly<Record<string, unknown>>>(),
    };
  };
  return {
    acts,
    written,
    ask,
    wait: (ms: number): void => void (now += ms),
    add: (over: Partial<IncidentRecord> = {}): void =>
      ledger.addIncident(origin, withNotice(blankIncident(over), "opened")),
    deliver: (record: DeliveryRecord): void => ledger.addDelivery(origin, record),
  };
};

const idsOf = (json: Readonly<Record<string, unknown>>): readonly string[] =>
  (json["incidents"] as readonly { incident_id: string }[]).map(({ incident_id: id }) => id);

describe("a request", () => {
  it("without a token, or with nobody's, is told to bring one", async () => {
    const scene = openScene();
    for (const token of [null, "wrong", "kim2"]) {
      const { status, headers, json } = await scene.ask("/incidents", { token });
      expect(status).toBe(401);
      expect(headers["www-authenticate"]).toBe("Bearer");
      expect(headers["content-type"]).toContain("application/problem+json");
      expect(json).toMatchObject({ status: 401, title: expect.any(String), detail: expect.any(String) });
    }
  });

  it("that guesses tokens is told to wait, while others are served", async () => {
    const scene = openScene({ failures: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await scene.ask("/incidents", { token: `guess${i}` })).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await scene.ask("/incidents")).status).toBe(200);
    const { headers } = await scene.ask("/incidents", { token: "guess" });
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    scene.wait(60_000);
    expect((await scene.ask("/incidents", { token: "guess" })).status).toBe(401);
  });

  it("too many of one token are held back, those of another are not", async () => {
    const scene = openScene({ rate: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await scene.ask("/incidents")).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await scene.ask("/incidents", { token: "root" })).status).toBe(200);
  });

  it("for an act needs the scope for it", async () => {
    const scene = openScene();
    scene.add();
    expect((await scene.ask("/incidents/inc_1", { token: "reader" })).status).toBe(200);
    expect((await scene.ask("/incidents/inc_1/ack", { token: "reader", body: {} })).status).toBe(403);
    expect(scene.acts).toEqual([]);
  });

  it("for another tenant's incident finds none", async () => {
    const scene = openScene();
    scene.add();
    for (const url of ["/incidents/inc_1", "/incidents/inc_2"])
      expect((await scene.ask(url, { token: "globex" })).status).toBe(404);
    expect((await scene.ask("/incidents/inc_1/ack", { token: "globex", body: {} })).status).toBe(404);
    expect(idsOf((await scene.ask("/incidents", { token: "globex" })).json)).toEqual([]);
    expect(scene.acts).toEqual([]);
  });

  it("that is not as described names every field that is wrong", async () => {
    const scene = openScene();
    scene.add();
    const { status, json } = await scene.ask("/incidents/inc_1/silence", { body: { until: "tomorrow", why: "x" } });
    expect(status).toBe(422);
    expect(JSON.stringify(json["errors"])).toMatch(/reason.*until|until.*reason/);
    expect((await scene.ask("/incidents?limit=0&state=sad")).json["errors"]).toHaveLength(2);
    expect((await scene.ask("/incidents?cursor=nonsense")).status).toBe(422);
  });

  it("for what there is not is answered as a problem too", async () => {
    for (const [path, expected] of [
      ["/nothing", 404],
      ["/incidents/%zz", 400],
    ] as const) {
      const { status, headers } = await openScene().ask(path);
      expect(status).toBe(expected);
      expect(headers["content-type"]).toContain("problem+json");
    }
  });
});

describe("the list of incidents", () => {
  it("comes in pages that neither overlap nor leave gaps, the newest first", async () => {
    const scene = openScene();
    for (let i = 0; i < 7; i += 1) scene.add({ incident_id: `inc_${i}`, opened_at: Math.floor(i / 2) * 1000 });
    const seen: string[] = [];
    let cursor: unknown = null;
    do {
      const { json } = await scene.ask(`/incidents?limit=3${typeof cursor === "string" ? `&cursor=${cursor}` : ""}`);
      seen.push(...idsOf(json));
      cursor = json["next_cursor"];
    } while (cursor !== null);
    expect(seen).toEqual(["inc_6", "inc_4", "inc_5", "inc_2", "inc_3", "inc_0", "inc_1"]);
  });

  it("is filtered by state, tenant and time", async () => {
    const scene = openScene();
    scene.add({ incident_id: "a", opened_at: 0, state: "resolved" });
    scene.add({ incident_id: "b", opened_at: 60_000 });
    scene.add({ incident_id: "c", opened_at: 90_000, tenant: "globex", state: "acknowledged" });
    const list = async (query: string) => idsOf((await scene.ask(`/incidents?${query}`, { token: "root" })).json);
    expect(await list("state=live")).toEqual(["c", "b"]);
    expect(await list("state=resolved")).toEqual(["a"]);
    expect(await list("tenant=globex")).toEqual(["c"]);
    expect(await list("since=1970-01-01T00:01:00Z")).toEqual(["c", "b"]);
  });
});

describe("an act", () => {
  it("is written with its actor and answered with the incident after it", async () => {
    const scene = openScene();
    scene.add();
    const { status, json } = await scene.ask("/incidents/inc_1/ack", { body: { reason: "on it" } });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      state: "acknowledged",
      actor: "kim",
      transitions: [{ rev: 1 }, { rev: 2, actor: "kim" }],
    });
    expect(scene.acts).toMatchObject([{ incidentId: "inc_1", action: "ack", actor: "kim", reason: "on it" }]);
  });

  it("that nothing has followed yet is answered as taken", async () => {
    const scene = openScene({ obeys: false });
    scene.add();
    const { status, json } = await scene.ask("/incidents/inc_1/ack", { body: {} });
    expect(status).toBe(202);
    expect(json["act_id"]).toMatch(/^act_[\da-f]{32}$/);
  });

  it("asked for twice with one key is done once; the key with another body is refused", async () => {
    const scene = openScene();
    scene.add();
    const headers = { "idempotency-key": "k1" };
    const first = await scene.ask("/incidents/inc_1/ack", { body: {}, headers });
    const again = await scene.ask("/incidents/inc_1/ack", { body: {}, headers });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.json).toEqual(first.json);
    expect(scene.acts).toHaveLength(1);
    expect((await scene.ask("/incidents/inc_1/ack", { body: { reason: "other" }, headers })).status).toBe(422);
  });

  it.each([
    ["ack", "acknowledged", {}],
    ["ack", "resolved", {}],
    ["unsilence", "open", {}],
    ["resolve", "resolved", { reason: "over" }],
    ["close", "open", {}],
    ["silence", "resolved", { reason: "known", until: "2030-01-01T00:00:00Z" }],
  ])("%s does not fit an incident that is %s", async (action, state, body) => {
    const scene = openScene();
    scene.add({ state });
    const { status, json } = await scene.ask(`/incidents/inc_1/${action}`, { body });
    expect(status).toBe(409);
    expect(json["detail"]).toContain(state);
  });

  it("of closing needs a verdict and an eval case, or the reason for none", async () => {
    const scene = openScene();
    const close = () => scene.ask("/incidents/inc_1/close", { body: {} });
    scene.add({ state: "resolved" });
    expect((await close()).json["detail"]).toContain("a verdict");
    const learnt = { verdict: "confirmed", eval_cases: [], no_eval_case_reason: null };
    scene.add({ state: "resolved", rev: 2, verdict: "confirmed", postmortem: JSON.stringify(learnt) });
    expect((await close()).json["detail"]).toContain("eval case");
    scene.add({
      state: "resolved",
      rev: 3,
      verdict: "confirmed",
      postmortem: JSON.stringify({ ...learnt, eval_cases: ["e1"] }),
    });
    expect((await close()).status).toBe(200);
  });

  it("of silencing needs an end that lies ahead", async () => {
    const scene = openScene();
    scene.add();
    const silence = (until: string) => scene.ask("/incidents/inc_1/silence", { body: { reason: "known", until } });
    expect((await silence("2020-01-01T00:00:00Z")).status).toBe(422);
    expect((await silence("2026-03-01T02:00:00+01:00")).status).toBe(200);
    expect(scene.acts[0]?.until).toBe(Date.UTC(2026, 2, 1, 1));
  });

  it("of a postmortem keeps what was learnt", async () => {
    const scene = openScene();
    scene.add();
    const body = {
      cause: "prompt",
      verdict: "confirmed",
      eval_cases: ["case-1"],
      follow_ups: [{ what: "ship with a canary", owner: "billing", due: "2026-04-01" }],
      reported_at: "2026-03-01T00:00:00Z",
    };
    expect((await scene.ask("/incidents/inc_1/postmortem", { body })).status).toBe(200);
    expect(scene.acts[0]?.postmortem).toMatchObject({
      ...body,
      reported_at: Date.UTC(2026, 2, 1),
      apparatus_updates: [],
    });
  });
});

describe("deliveries", () => {
  it("are listed for the tenants of the token", async () => {
    const scene = openScene();
    scene.add();
    scene.deliver(delivery());
    scene.deliver(delivery({ destination: "other", status: "retrying" }));
    const list = async (query: string, token = "kim") =>
      (await scene.ask(`/deliveries?${query}`, { token })).json["deliveries"] as readonly object[];
    expect(await list("")).toHaveLength(2);
    expect(await list("status=retrying")).toMatchObject([{ destination: "other" }]);
    expect(await list("incident=inc_1&destination=hook")).toHaveLength(1);
    expect(await list("", "globex")).toEqual([]);
  });

  it("are asked for again by a record that names who asked", async () => {
    const scene = openScene();
    scene.add();
    const id = noticeId("inc_1", "opened", 1);
    scene.deliver(delivery({ ts: Date.UTC(2027, 0, 1) }));
    const { status, json } = await scene.ask(`/deliveries/${id}/redeliver`, { body: {} });
    expect(status).toBe(202);
    expect(json).toEqual({ notification_id: id, destinations: ["hook"] });
    expect(scene.written).toMatchObject([{ status: "requested", actor: "kim", ts: Date.UTC(2027, 0, 1) + 1 }]);
    await scene.ask(`/deliveries/${id}/redeliver`, { body: { destination: "never-tried" } });
    expect(scene.written[1]).toMatchObject({ destination: "never-tried", status: "requested", attempt: 0 });
  });

  it("of nobody, or of another tenant, cannot be asked for", async () => {
    const scene = openScene();
    scene.add();
    scene.deliver(delivery());
    const id = noticeId("inc_1", "opened", 1);
    expect((await scene.ask("/deliveries/ntf_0/redeliver", { body: {} })).status).toBe(404);
    expect((await scene.ask(`/deliveries/${id}/redeliver`, { body: {}, token: "globex" })).status).toBe(404);
    expect((await scene.ask(`/deliveries/${id}/redeliver`, { body: {}, token: "reader" })).status).toBe(403);
  });
});

it("the description names every path, what it takes and what it answers, and needs no token", async () => {
  const { status, json } = await openScene().ask("/openapi.json", { token: null });
  expect(status).toBe(200);
  expect(json["openapi"]).toBe("3.1.0");
  const paths = json["paths"] as Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  expect(Object.keys(paths).toSorted()).toEqual([
    "/deliveries",
    "/deliveries/{notification}/redeliver",
    "/incidents",
    "/incidents/{id}",
    ...["ack", "close", "postmortem", "resolve", "silence", "unsilence"].map((action) => `/incidents/{id}/${action}`),
  ]);
  const silence = paths["/incidents/{id}/silence"]?.["post"];
  expect(JSON.stringify(silence?.["requestBody"])).toContain('"until"');
  expect(Object.keys(silence?.["responses"] as object)).toEqual([
    "200",
    "202",
    "400",
    "401",
    "403",
    "404",
    "409",
    "422",
    "429",
  ]);
});

describe("the file of tokens", () => {
  it("with mistakes names all of them by line, and quotes none", () => {
    const text = [
      line("a", {}),
      "earshot_secret_in_clear",
      "# a comment",
      line("b", { scopes: ["rule"] }),
      line("c", { sha256: "x" }),
    ].join("\n");
    const read = (): unknown => parseTokens(text, "tokens");
    expect(read).toThrow(/tokens:2: not JSON[\s\S]*tokens:4: scopes[\s\S]*tokens:5: sha256/);
    expect(read).not.toThrow(/earshot_secret/);
  });
});
