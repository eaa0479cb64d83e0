// What alerting calls what: stories in which something moves, and the one name on-call would have read.
import { describe, expect, it } from "vitest";
import { clock, type Flow, type Told, tellAlerts } from "#test/helpers/alert-story.ts";

const feature = (name: string, more: Partial<Flow> = {}): Flow => ({
  cell: { feature: name, prompt_version: "p1" },
  perHour: 1_200,
  rate: 0.05,
  ...more,
});

const classesOf = ({ records }: Told): readonly string[] => [...new Set(records.map(({ class: kind }) => kind))];
const pagesOf = ({ notifications }: Told): number => notifications.filter(({ page }) => page).length;

const jumps = (from: number, to: number, time = "10:00") =>
  [
    [time, from],
    [time, to],
  ] as const;

/** A rate that jumps at ten. */
const jump = (from: number, to: number): Flow["rate"] => jumps(from, to);

const segment = (name: string, rate: number, perHour: Flow["perHour"]): Flow => ({
  cell: { feature: "billing", segment: name },
  rate,
  perHour,
});

const onDevice = (device: string, rate: Flow["rate"], signal = "explicit:negative"): Flow => ({
  cell: { feature: "billing", device },
  rate,
  signal,
  perHour: 1_500,
});

const copies = (name: string, rate: Flow["rate"]): Flow =>
  feature(name, { signal: "implicit:copy", perHour: 2_000, rate });

describe("what raises nothing", () => {
  it("traffic that doubles at a constant rate", () => {
    const busy = feature("billing", { perHour: jump(1_200, 2_400) });
    expect(tellAlerts({ flows: [busy, feature("search")], until: "16:00" }).lines).toEqual([]);
  });

  it("a healthy new version in a feature that is worse than the rest", () => {
    const billing = feature("billing", { rate: 0.12, from: [["10:00", { prompt_version: "p2" }]] });
    const search = feature("search", { rate: 0.03, perHour: 6_000 });
    expect(tellAlerts({ flows: [billing, search], until: "16:00" }).lines).toEqual([]);
  });

  it("two of ten: a slice too small for any verdict", () => {
    const tiny = feature("tiny", { perHour: 5, rate: jump(0.05, 0.4) });
    expect(tellAlerts({ flows: [tiny, feature("search")], until: "12:00" }).lines).toEqual([]);
  });
});

describe("what is reported, and wakes nobody", () => {
  it("shares that move between a good and a bad segment are `mix`", () => {
    const told = tellAlerts({
      flows: [segment("pro", 0.15, jump(600, 3_000)), segment("free", 0.03, jump(3_000, 600))],
      until: "16:00",
    });
    expect(told.lines).toEqual(["10:10 open SEV4 mix * (opened)"]);
    expect(pagesOf(told)).toBe(0);
  });

  it("a control that shows up for a sixth of the trials is `data`", () => {
    const broken = feature("billing", { perHour: jump(6_000, 900), rate: jump(0.05, 0.3) });
    const told = tellAlerts({ flows: [broken, feature("search")], until: "15:00" });
    expect(told.lines).toEqual(["10:05 open SEV4 data feature=billing (opened)"]);
  });

  it("a control that is back as it was leaves nothing to tell about quality", () => {
    const back = feature("billing", {
      perHour: [...jumps(6_000, 900), ...jumps(900, 6_000, "13:00")],
      rate: [...jumps(0.05, 0.2), ...jumps(0.2, 0.05, "13:00")],
    });
    const told = tellAlerts({ flows: [back, feature("search")], until: "18:00" });
    expect(classesOf(told)).toEqual(["data"]);
    expect(told.records.at(-1)).toMatchObject({ state: "resolved", resolve_reason: "recovered" });
  });

  it("a control that is back while the rate is bad ends as `data` and is about quality from then on, also of everything", () => {
    const bad: Flow = { ...feature("billing"), perHour: [...jumps(6_000, 900), ...jumps(900, 6_000, "11:00")] };
    const told = tellAlerts({ flows: [{ ...bad, rate: jump(0.05, 0.2) }], until: "13:00" });
    expect(told.records.map(({ class: kind, state }) => `${kind} ${state}`)).toEqual([
      "data open",
      "data resolved",
      "quality open",
    ]);
    expect(told.records.at(-1)?.onset).toBeGreaterThan(clock("11:00"));
    expect(pagesOf(told)).toBe(1);
  });

  it("one device in one signal only is `client`, and named", () => {
    const told = tellAlerts({
      flows: [
        onDevice("mobile", jump(0.05, 0.2)),
        onDevice("desktop", 0.05),
        onDevice("mobile", 0.1, "implicit:repeat-ask"),
        onDevice("desktop", 0.1, "implicit:repeat-ask"),
      ],
      until: "14:00",
    });
    expect(told.lines).toEqual(["10:05 open SEV4 client device=mobile (opened)"]);
  });

  it("one device in which a second signal rises too is about quality after all", () => {
    const told = tellAlerts({
      flows: [
        onDevice("mobile", jump(0.05, 0.2)),
        onDevice("desktop", 0.05),
        onDevice("mobile", jump(0.1, 0.2), "implicit:repeat-ask"),
        onDevice("desktop", 0.1, "implicit:repeat-ask"),
      ],
      until: "14:00",
    });
    expect(told.records.at(-1)).toMatchObject({ class: "quality", slice: "device=mobile" });
    expect(pagesOf(told)).toBeGreaterThan(0);
  });

  it("one user who dislikes everything is `concentrated`", () => {
    const angry: Flow = { ...feature("billing"), users: 1, perHour: jump(0, 200), rate: 0.95 };
    const told = tellAlerts({ flows: [feature("billing"), feature("search"), angry], until: "14:00" });
    expect(classesOf(told)).toEqual(["concentrated"]);
    expect(pagesOf(told)).toBe(0);
  });
});

describe("quiet hours of the week", () => {
  it("have fewer trials than the days before, which makes a bad rate no broken control", () => {
    // The day told is a Monday; every Monday is as quiet as this one.
    const days = Array.from({ length: 22 }, (_, back) => back - 21);
    const perHour = days.flatMap((offset) =>
      jumps(offset % 7 === 0 ? 240 : 1_200, offset % 7 === 0 ? 240 : 1_200, `${24 * offset}:00`),
    );
    const told = tellAlerts({
      history: 21,
      flows: [
        { ...feature("billing"), perHour, rate: jump(0.05, 0.3) },
        { ...feature("search"), perHour },
      ],
      until: "12:00",
    });
    expect(told.records[0]).toMatchObject({ class: "quality", slice: "feature=billing" });
    expect(pagesOf(told)).toBe(1);
  });
});

describe("where it is", () => {
  it("a rise in every feature is one incident of everything, and grave", () => {
    const names = ["billing", "search", "docs"];
    const told = tellAlerts({ flows: names.map((name) => feature(name, { rate: jump(0.05, 0.2) })), until: "12:00" });
    expect(told.records[0]).toMatchObject({ slice: "*", severity: "SEV1" });
    expect(JSON.parse(told.records[0]?.markers ?? "[]")).toEqual(["sudden", "cross-segment"]);
    expect(new Set(told.records.map(({ incident_id: id }) => id)).size).toBe(1);
  });

  it("two features that rise two hours apart are two incidents", () => {
    const later: Flow["rate"] = [
      ["12:00", 0.05],
      ["12:00", 0.2],
    ];
    const told = tellAlerts({
      flows: [
        feature("billing", { perHour: 3_000, rate: jump(0.05, 0.2) }),
        feature("search", { perHour: 3_000, rate: later }),
        feature("docs", { perHour: 3_000 }),
      ],
      until: "14:00",
    });
    const opened = told.records.filter(({ rev }) => rev === 1).map(({ slice }) => slice);
    expect(opened).toEqual(["feature=billing", "feature=search"]);
  });

  it("a second signal of the same slice joins the first", () => {
    const told = tellAlerts({
      flows: [
        feature("billing", { rate: jump(0.05, 0.2) }),
        feature("billing", { rate: jump(0.1, 0.3), signal: "implicit:repeat-ask" }),
        feature("search"),
        feature("search", { rate: 0.1, signal: "implicit:repeat-ask" }),
      ],
      until: "12:00",
    });
    expect(new Set(told.records.map(({ incident_id: id }) => id)).size).toBe(1);
    const signals = JSON.parse(told.records.at(-1)?.signals ?? "[]") as { signal_type: string }[];
    expect(signals.map(({ signal_type: type }) => type).toSorted()).toEqual([
      "explicit:negative",
      "implicit:repeat-ask",
    ]);
  });

  it("a fall of copies is harm, told as a ratio below one", () => {
    const told = tellAlerts({ flows: [copies("billing", jump(0.4, 0.2)), copies("search", 0.4)], until: "14:00" });
    expect(told.records[0]).toMatchObject({ direction: "fall", slice: "feature=billing" });
    expect(told.records[0]?.ratio).toBeLessThan(0.67);
  });

  it("a slow rise is told as sustained, on the third day", () => {
    const slow: Flow["rate"] = [
      ["00:00", 0.05],
      ["00:00", 0.075],
    ];
    const told = tellAlerts({
      history: 10,
      flows: [feature("billing", { perHour: 500, rate: slow }), feature("search", { perHour: 500 })],
      until: "73:00",
    });
    expect(told.lines).toEqual(["72:00 open SEV3 quality feature=billing (opened)"]);
    expect(told.records[0]?.method).toBe("sustained");
  });

  it("before a day of history it is a ticket at most", () => {
    const told = tellAlerts({
      history: 0.5,
      flows: [
        feature("billing", {
          rate: [
            ["06:00", 0.05],
            ["06:00", 0.2],
          ],
        }),
        feature("search"),
      ],
      until: "10:00",
    });
    expect(told.records[0]).toMatchObject({ severity: "SEV3", method: "warm-up" });
    expect(pagesOf(told)).toBe(0);
  });
});
