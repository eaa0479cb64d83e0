// The life of an incident: every transition that people and evidence may make, told as it would have been.
import { describe, expect, it } from "vitest";
import { defaultRules, type RuleSet } from "#core/alerts/rules.ts";
import {
  act,
  change,
  clock,
  type Entry,
  type Flow,
  postmortem,
  rules,
  type Told,
  tellAlerts,
} from "#test/helpers/alert-story.ts";

const quietSearch: Flow = { cell: { feature: "search" }, perHour: 1_200, rate: 0.05 };

/** Billing at 5 %, worse in each of the spans. */
const billing = (spans: readonly (readonly [from: string, to: string])[], rate = 0.2, perHour = 3_000): Flow => ({
  cell: { feature: "billing" },
  perHour,
  rate: spans.flatMap(([from, to]) => [
    [from, 0.05],
    [from, rate],
    [to, rate],
    [to, 0.05],
  ]),
});

const bad = (entries: readonly Entry[], until: string, to = "14:00"): Told =>
  tellAlerts({ flows: [billing([["10:00", to]]), quietSearch], entries, until });

const kindsOf = ({ notifications }: Told): readonly string[] => notifications.map(({ kind }) => kind);

describe("open → acknowledged → resolved → closed", () => {
  const told = bad(
    [
      act("10:30", "ack"),
      act("16:00", "close", { postmortem: postmortem({ eval_cases: [], no_eval_case_reason: null }), id: "too-early" }),
      act("16:30", "postmortem", { postmortem: postmortem() }),
      act("17:00", "close"),
    ],
    "18:00",
  );

  it("goes that way", () => {
    expect(told.records.map(({ state }) => state)).toEqual(["open", "acknowledged", "resolved", "resolved", "closed"]);
    expect(kindsOf(told)).toEqual(["opened", "acknowledged", "resolved"]);
  });

  it("says who did it by which command", () => {
    expect(told.records[1]).toMatchObject({ acked_by: "ada", actor: "ada", act_id: "ack-10:30", ts: clock("10:30") });
    expect(told.records[2]).toMatchObject({ resolved_by: null, act_id: null, resolve_reason: "recovered" });
  });

  it("is closed only with a verdict and an eval case, or a reason for none", () => {
    expect(told.fold.meters().rejected.get("act_without_postmortem")).toBe(1);
    expect(told.records.at(-1)).toMatchObject({ state: "closed", verdict: "confirmed" });
  });

  it("drafts the blast radius and the timeline", () => {
    const written = JSON.parse(told.records.at(-1)?.postmortem ?? "{}") as {
      blast_radius: string;
      timeline: { what: string }[];
    };
    expect(written.blast_radius).toMatch(/^\d+ trials, \d+ fired, \d+ \(\d+ to \d+\) more than expected/);
    expect(written.timeline.map(({ what }) => what)).toEqual(expect.arrayContaining(["opened", "acknowledged"]));
  });
});

describe("acts of people", () => {
  it("count once, however often they are told", () => {
    const told = bad([act("10:30", "ack", { id: "a" }), act("10:40", "ack", { id: "a" })], "11:00");
    expect(told.records.filter(({ state }) => state === "acknowledged")).toHaveLength(1);
  });

  it("do nothing to an incident that is elsewhere or nowhere", () => {
    const told = bad([act("10:30", "ack", { incidentId: "inc_none" })], "11:00");
    expect(told.records.map(({ state }) => state)).toEqual(["open"]);
    expect(told.fold.meters().rejected.get("act_unknown_incident")).toBe(1);
  });

  it("may resolve, with a reason", () => {
    const told = bad([act("10:30", "resolve"), act("10:40", "resolve", { reason: "known load test" })], "10:44");
    expect(told.records.map(({ state }) => state)).toEqual(["open", "resolved"]);
    expect(told.records[1]).toMatchObject({ resolved_by: "ada", resolve_reason: "known load test" });
  });
});

describe("silence", () => {
  it("of a person is told when it is over", () => {
    const told = bad([act("10:30", "silence", { until: clock("11:30"), reason: "rolling back" })], "12:00");
    expect(told.lines).toEqual([
      "10:05 open SEV2 quality feature=billing (opened)",
      "10:30 silenced SEV2 quality feature=billing",
      "11:30 open SEV2 quality feature=billing (opened)",
    ]);
  });

  it("without an end is refused", () => {
    const told = bad([act("10:30", "silence", { reason: "for ever" })], "11:00");
    expect(told.records.map(({ state }) => state)).toEqual(["open"]);
  });

  it("can be ended early", () => {
    const silent = act("10:30", "silence", { until: clock("13:30"), reason: "looking" });
    const told = bad([silent, act("11:00", "unsilence")], "11:30");
    expect(told.records.map(({ state }) => state)).toEqual(["open", "silenced", "open"]);
  });

  const silenced: RuleSet = {
    ...defaultRules,
    version: "silent",
    silences: [
      {
        id: "load-test",
        tenants: ["acme"],
        signals: ["*"],
        slices: ["feature=billing"],
        from: clock("09:00"),
        until: clock("20:00"),
        reason: "load test",
      },
    ],
  };

  it("by a rule tells nobody anything, from the opening to the end", () => {
    const told = bad([rules("08:00", silenced)], "18:00");
    expect(told.records.map(({ state }) => state)).toEqual(["silenced", "resolved"]);
    expect(told.notifications).toEqual([]);
  });

  it("is broken by something graver", () => {
    const worse: Flow = {
      ...billing([]),
      rate: [
        ["10:00", 0.05],
        ["10:00", 0.09],
        ["12:00", 0.09],
        ["12:00", 0.3],
      ],
    };
    const told = tellAlerts({
      flows: [worse, quietSearch],
      entries: [act("11:30", "silence", { until: clock("20:00"), reason: "small" })],
      until: "14:00",
    });
    expect(told.records.map(({ state, severity }) => `${state} ${severity}`)).toEqual([
      "open SEV3",
      "silenced SEV3",
      "open SEV2",
    ]);
    expect(told.notifications.at(-1)).toMatchObject({ kind: "opened", page: true, data: { severity_before: "SEV3" } });
  });
});

describe("what time brings", () => {
  it("reminds every four hours while nobody has taken it", () => {
    const told = bad([], "19:00", "20:00");
    expect(told.lines.filter((line) => line.includes("reminder")).map((line) => line.slice(0, 5))).toEqual([
      "14:05",
      "18:05",
    ]);
  });

  it("reminds nobody once it is taken", () => {
    expect(kindsOf(bad([act("10:30", "ack")], "19:00", "20:00"))).toEqual(["opened", "acknowledged"]);
  });

  it("calls it the new level after three days, and that is the end of it", () => {
    const told = bad([act("10:30", "ack")], "100:00", "200:00");
    expect(told.records.at(-1)).toMatchObject({ state: "resolved", resolve_reason: "new_level" });
    expect(told.records.at(-1)?.ts).toBe(clock("82:05"));
  });
});

const other = (own: Flow, rate: Flow["rate"]): Flow => ({ ...own, rate, signal: "implicit:repeat-ask" });

describe("the end", () => {
  it("comes when all signals are back, not when the first of them is", () => {
    const first = billing([["10:00", "12:00"]], 0.35);
    const second: Flow["rate"] = [
      ["10:00", 0.1],
      ["10:00", 0.3],
      ["16:00", 0.3],
      ["16:00", 0.1],
    ];
    const told = tellAlerts({
      flows: [first, other(first, second), quietSearch, other(quietSearch, 0.1)],
      entries: [act("10:30", "ack")],
      until: "20:00",
    });
    expect(told.records[0]?.signal_type).toBe("explicit:negative");
    expect(kindsOf(told)).toEqual(["opened", "updated", "acknowledged", "resolved"]);
    expect(told.records.at(-1)).toMatchObject({ state: "resolved", flap_count: 0 });
    expect(told.records.at(-1)?.ts).toBeGreaterThan(clock("16:00"));
  });
});

describe("a rollback of what is judged when the visit ends", () => {
  const back = { kind: "rollback", scope: "feature=billing", from: "p2", to: "p1", reverts: "c1" };
  const flow: Flow = {
    ...billing([["10:00", "12:30"]], 0.2, 600),
    signal: "explicit:thumbs-down",
  };
  const told = tellAlerts({
    flows: [flow],
    entries: [change("09:55", "c1", { scope: "feature=billing", from: "p1", to: "p2" }), change("12:00", "c2", back)],
    until: "15:00",
  });

  it("ends it within the hour, although trials of the old answers end for half an hour more", () => {
    const [opened, ended] = [told.records[0], told.records.at(-1)];
    expect([opened?.state, ended?.state, ended?.resolve_reason]).toEqual(["open", "resolved", "rolled_back"]);
    expect(ended?.ts).toBeLessThanOrEqual(clock("13:10"));
    expect(ended?.ts).toBeGreaterThan(clock("12:30"));
  });
});

describe("a rollback that does not help", () => {
  it("delays nothing: it ends as any other when something else has helped", () => {
    const changed = { scope: "feature=billing", from: "p1", to: "p2" };
    const back = { kind: "rollback", scope: "feature=billing", from: "p2", to: "p1", reverts: "c1" };
    const told = bad([change("09:55", "c1", changed), change("11:00", "c2", back)], "20:00", "15:00");
    expect(told.records.at(-1)).toMatchObject({ state: "resolved" });
    expect(told.records.at(-1)?.ts).toBeGreaterThan(clock("15:00"));
    expect(told.records.at(-1)?.ts).toBeLessThan(clock("16:30"));
  });
});

describe("coming back", () => {
  it("within two hours is the same incident, told only if it is graver", () => {
    const told = tellAlerts({
      flows: [
        billing(
          [
            ["10:00", "10:30"],
            ["12:20", "12:50"],
          ],
          0.25,
          6_000,
        ),
        quietSearch,
      ],
      until: "16:00",
    });
    expect(told.records.map(({ state }) => state)).toEqual(["open", "resolved", "open", "resolved"]);
    expect(told.records.at(-1)?.flap_count).toBe(1);
    expect(kindsOf(told)).toEqual(["opened", "resolved"]);
  });

  it("later is another incident", () => {
    const told = tellAlerts({
      flows: [
        billing(
          [
            ["10:00", "10:30"],
            ["15:00", "15:30"],
          ],
          0.25,
          6_000,
        ),
        quietSearch,
      ],
      until: "20:00",
    });
    expect(new Set(told.records.map(({ incident_id: id }) => id)).size).toBe(2);
    expect(kindsOf(told)).toEqual(["opened", "resolved", "opened", "resolved"]);
  });

  it("three times in six hours is flapping: it stays open until two hours are quiet", () => {
    const spans = [
      ["10:00", "10:30"],
      ["12:20", "12:50"],
      ["14:30", "15:00"],
      ["16:30", "17:00"],
    ] as const;
    const told = tellAlerts({ flows: [billing(spans, 0.25, 6_000), quietSearch], until: "22:00" });
    expect(new Set(told.records.map(({ incident_id: id }) => id)).size).toBe(1);
    const [last, before] = told.records.toReversed();
    expect(JSON.parse(last?.markers ?? "[]")).toContain("flapping");
    expect((last?.ts ?? 0) - (before?.ts ?? 0)).toBeGreaterThan(clock("02:00") - clock("00:00"));
  });
});
