// What the doctor makes of what it sees.
import { describe, expect, it } from "vitest";
import { conclude, ok, unknown, wrong } from "./finding.ts";
import { type GroupView, judgeAlerter, judgeDetectorState, judgeGroup, type Place } from "./groups.ts";
import { judgeStore } from "./store.ts";
import { judgeTraffic } from "./traffic.ts";

const now = 1_700_000_000_000;

const place = (over: Partial<Place> = {}): Place => ({
  topic: "t",
  partition: 0,
  committed: 90,
  metadata: JSON.stringify({ v: 1, wm: now - 60_000 }),
  start: 0,
  end: 100,
  recent: 95,
  ...over,
});

const stateOf = (findings: readonly { readonly check: string; readonly state: string }[]) =>
  Object.fromEntries(findings.map(({ check, state }) => [check, state]));

const view = (over: Partial<GroupView> = {}): GroupView => ({
  service: "detector",
  members: 1,
  places: [place()],
  earlier: [place({ committed: 80 })],
  ...over,
});

describe("a group", () => {
  it("is well when it runs, moves and is not far behind", () => {
    expect(stateOf(judgeGroup(view(), { maxLag: 10 }))).toEqual({
      "detector runs": "ok",
      "lag of the detector": "ok",
      "detector moves": "ok",
    });
  });

  it("is not when nobody is in it", () => {
    const findings = judgeGroup(view({ members: 0 }), { maxLag: 10 });
    expect(findings[0]).toMatchObject({ state: "wrong", cure: "Start it: npm start -- detector" });
    expect(findings[2]?.state).toBe("unknown");
  });

  it("is behind by what it has not committed, from the log's start where it never has", () => {
    const findings = judgeGroup(view({ places: [place({ committed: null, start: 20 })] }), { maxLag: 79 });
    expect(findings[1]).toMatchObject({ state: "wrong", evidence: "t:0 is 80 behind" });
  });

  it("stalls when it stands still before what should be done by now", () => {
    expect(judgeGroup(view({ earlier: [place()] }), { maxLag: 10 })[2]).toMatchObject({
      state: "wrong",
      evidence: "standing still: t:0 at 90",
    });
    const fresh = place({ recent: 90 });
    expect(judgeGroup(view({ places: [fresh], earlier: [fresh] }), { maxLag: 10 })[2]?.state).toBe("ok");
  });
});

describe("the alerter", () => {
  const never = place({ committed: null, metadata: "" });

  it("may be left out", () => {
    const findings = judgeAlerter(view({ service: "alerter", members: 0, places: [never] }), { maxLag: 10 });
    expect(findings).toMatchObject([{ state: "ok", evidence: expect.stringContaining("never started") }]);
  });

  it("is missed where it ran before, and has a lag like the others", () => {
    const gone = judgeAlerter(view({ service: "alerter", members: 0 }), { maxLag: 5 });
    expect(stateOf(gone)).toMatchObject({ "alerter runs": "wrong", "lag of the alerter": "wrong" });
    const starting = judgeAlerter(view({ service: "alerter", places: [never] }), { maxLag: 10 });
    expect(stateOf(starting)).toMatchObject({ "alerter runs": "ok", "lag of the alerter": "wrong" });
  });
});

const judgeCommit = (metadata: object) =>
  judgeDetectorState([place({ metadata: JSON.stringify({ v: 1, ...metadata }) })], { now, maxAge: 300_000 });

describe("a detector's commits", () => {
  it("show how old the watermark is", () => {
    expect(judgeCommit({ wm: now - 60_000 })[0]).toMatchObject({ state: "ok", evidence: "at most 60 s" });
    expect(judgeCommit({ wm: now - 400_000 })[0]).toMatchObject({
      state: "wrong",
      evidence: "t:0 stands at 400 s ago",
    });
    expect(judgeCommit({})[0]?.state).toBe("unknown");
  });

  it("show crash loops and the records that caused them", () => {
    expect(judgeCommit({ try: 2 })[1]?.state).toBe("ok");
    expect(judgeCommit({ try: 3 })[1]).toMatchObject({
      state: "wrong",
      evidence: "t:0 was restored 3 times without progress",
    });
    expect(judgeCommit({ skip: [7] })[1]).toMatchObject({
      state: "wrong",
      cure: expect.stringContaining("rejects-by-reason"),
    });
  });
});

const judgeLate = (late: number) => judgeTraffic({ interactions: 10_000, late, rejects: 0, tickShare: 0.9 });

describe("the last hour", () => {
  it("is judged by its events, ticks left out", () => {
    expect(judgeLate(10)[0]).toMatchObject({
      state: "ok",
      evidence: "1.0 % in the last hour: 10 of about 1,000 events",
    });
    expect(judgeLate(11)[0]?.state).toBe("wrong");
  });

  it("is well when nothing came", () => {
    expect(judgeTraffic({ interactions: 0, late: 0, rejects: 0, tickShare: 0 }).map(({ state }) => state)).toEqual([
      "ok",
      "ok",
    ]);
  });
});

const store = (answers: Readonly<Record<string, readonly Record<string, unknown>[]>>) => ({
  query: async (sql: string) => {
    const found = Object.entries(answers).find(([part]) => sql.includes(part));
    return [...(found?.[1] ?? [])];
  },
});

describe("ClickHouse", () => {
  it("is well when signals have their responses, teams send them, and there is room", async () => {
    const findings = await judgeStore(
      store({
        "FROM feedback": [{ signals: 100, unresolved: 5 }],
        "system.disks": [{ name: "default", free: 50, total: 100 }],
      }),
    );
    expect(findings.map(({ state }) => state)).toEqual(["ok", "ok", "ok"]);
  });

  it("names the teams that send no responses, unresolved signals and full disks", async () => {
    const findings = await judgeStore(
      store({
        "FROM feedback": [{ signals: 100, unresolved: 6 }],
        "FROM signal_rates": [{ tenant: "acme", turns: 1234 }],
        "system.disks": [{ name: "default", free: 9, total: 100 }],
      }),
    );
    expect(findings.map(({ state }) => state)).toEqual(["wrong", "wrong", "wrong"]);
    expect(findings[1]?.evidence).toBe("acme (1,234 user turns, no response)");
  });
});

describe("all in all", () => {
  const [well, bad, unseen] = [ok("a", ""), wrong("b", "", ""), unknown("c", "")];

  it("is well only when every check was made and is well", () => {
    expect(conclude([well, well])).toEqual({ message: "All is well: 2 checks.", code: 0 });
    expect(conclude([well, unseen])).toEqual({ message: "2 checks: 1 ok, 1 could not be made.", code: 1 });
    expect(conclude([well, bad, bad, unseen, unseen])).toEqual({
      message: "5 checks: 1 ok, 2 wrong, 2 could not be made.",
      code: 1,
    });
  });
});
