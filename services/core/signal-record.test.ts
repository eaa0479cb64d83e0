// What every signal carries, as timelines: its id, where it happened, which response it is about, where it was read.
import { describe, expect, it } from "vitest";
import type { EngineSettings } from "#core/settings.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { only, tell, told } from "#test/helpers/story.ts";
import {
  act,
  at,
  createDriver,
  type Entry,
  event,
  prompt,
  response,
  sessionEnd,
  thumbs,
} from "#test/helpers/timeline.ts";

type More = Partial<InteractionRecord>;

/** One of every kind of signal. */
const everything = (more: More = {}): readonly Entry[] => [
  prompt("0s", "reset my router password", more),
  response("5s", "r1", more),
  ...["copy", "share", "regenerate", "edit", "stop"].map((type) => act("9s", type, "r1", more)),
  prompt("1m", "no reset my router password", more),
  response("65s", "r2", more),
  ...["thumbs", "rating", "comment", "form"].map((label) =>
    act("70s", "feedback", "r2", { label, value: 1, event_id: `feedback-${label}`, ...more }),
  ),
  event("80s", "escalation", more),
];
const ends = (more: More = {}): readonly Entry[] => [
  prompt("2h", "hello", more),
  response("2h1s", "r3", more),
  prompt("3h", "hello", more),
  response("3h1s", "r4", { label: "error", ...more }),
];

describe("the id of a signal", () => {
  it("is a UUID of version 8, the same in another run, another for every signal", () => {
    const ids = tell([...everything(), ...ends()]).final.map(({ event_id }) => event_id);
    expect(ids).toEqual(tell([...everything(), ...ends()]).final.map(({ event_id }) => event_id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  const entries = [prompt("0s", "hi"), response("5s", "r1")];
  const id = (more: More, settings: Partial<EngineSettings> = {}) =>
    only(
      tell([...entries.map((entry) => ({ ...entry, ...more })), act("9s", "copy", "r1", more)], { settings }),
      "implicit:copy",
    ).event_id;

  it.each<[string, More, Partial<EngineSettings>]>([
    ["tenant", { tenant: "other" }, {}],
    ["session", { session_id: "s2" }, {}],
    ["settings", {}, { unreported: "copy@voice/*" }],
  ])("depends on the %s", (_, more, settings) => {
    expect(id(more, settings)).not.toBe(id({}));
  });

  it("keeps tenant and session apart", () => {
    expect(id({ tenant: "ab", session_id: "c" })).not.toBe(id({ tenant: "a", session_id: "bc" }));
  });

  it("does not depend on what it is not about", () => {
    expect(id({ feature: "search", user_id_hash: "u1" })).toBe(id({}));
    expect(id({}, { repeatAt: 0.9 })).toBe(id({}));
  });

  it("is that of its type and anchor alone, however often the behaviour is seen", () => {
    const driver = tell([...entries, act("9s", "copy", "r1"), act("12s", "copy", "r1"), act("9s", "share", "r1")]);
    expect(driver.of("implicit:copy")).toHaveLength(1);
    expect(only(driver, "implicit:share").event_id).not.toBe(only(driver, "implicit:copy").event_id);
  });
});

describe("the anchor", () => {
  const driver = tell([...everything({ user_id_hash: "u1" }), ...ends({ user_id_hash: "u1" })]);

  it.each([
    ["implicit:repeat-ask", ["prompt-1m"]],
    ["implicit:follow-up-clarification", ["prompt-1m"]],
    ["implicit:copy", ["r1"]],
    ["implicit:share", ["r1"]],
    ["implicit:regenerate", ["r1"]],
    ["implicit:edit", ["r1"]],
    ["implicit:stop", ["r1"]],
    ["implicit:engagement-length", ["r1", "r2", "r3"]],
    ["implicit:escalation", ["prompt-0s"]],
    ["implicit:silent-end", ["r3"]],
    ["implicit:abandonment", ["r4"]],
    ["thumbs", ['["r2","u1","thumbs"]']],
    ["rating", ['["r2","u1","rating"]']],
    ["comment", ['["r2","u1","comment"]']],
    ["form", ['["r2","u1","form"]']],
  ])("of %s is %j", (type, anchors) => {
    expect(told(driver, type).map(({ anchor }) => anchor)).toEqual(anchors);
  });
});

const hashes = (settings: Partial<EngineSettings>, text = createTextAnalyser()) => {
  const driver = tell([...everything(), ...ends()], { settings, text });
  return new Map(driver.final.map(({ event_type, config_hash }) => [event_type, config_hash]));
};

describe("the settings hash", () => {
  const plain = hashes({});
  const changed = (other: ReadonlyMap<string, string>) =>
    [...plain.keys()].filter((type) => other.get(type) !== plain.get(type)).toSorted();

  it.each<[string, Partial<EngineSettings>, readonly string[], readonly string[]]>([
    [
      "the threshold of repeats",
      { repeatAt: 0.8 },
      ["implicit:repeat-ask", "implicit:abandonment"],
      ["implicit:copy", "thumbs"],
    ],
    [
      "the reading speed",
      { readingSpeed: 25 },
      ["implicit:silent-end", "implicit:engagement-length"],
      ["implicit:repeat-ask"],
    ],
    ["what is reported", { unreported: "copy@voice/*" }, ["implicit:copy"], ["implicit:repeat-ask", "thumbs"]],
    ["the latency that is slow", { slowResponse: 9_000 }, ["implicit:abandonment"], ["implicit:repeat-ask", "thumbs"]],
  ])("covers %s where it matters, and only there", (_, settings, with_, without) => {
    const moved = changed(hashes(settings));
    expect(moved).toEqual(expect.arrayContaining([...with_]));
    for (const type of without) expect(moved).not.toContain(type);
  });

  it("covers the version of Unicode where text is read, and only there", () => {
    const moved = changed(hashes({}, createTextAnalyser({ unicode: "99.0" })));
    expect(moved).toEqual(expect.arrayContaining(["implicit:repeat-ask", "implicit:follow-up-clarification"]));
    for (const type of ["implicit:copy", "implicit:stop", "thumbs", "rating"]) expect(moved).not.toContain(type);
  });
});

describe("the context of a signal", () => {
  const context = {
    feature: "search",
    segment: "smb",
    tier: "free",
    device: "mobile",
    locale: "en-GB",
    app_version: "2.0",
    utc_offset_min: 60,
    user_id_hash: "u1",
  } as const;

  it("is that of its anchor's event", () => {
    const driver = tell([
      prompt("0s", "hi"),
      response("5s", "r1", context),
      act("9s", "copy", "r1", { feature: "other" }),
    ]);
    expect(only(driver, "implicit:copy")).toMatchObject(context);
  });

  it("is filled, value by value, from earlier in the visit", () => {
    const driver = tell([
      prompt("0s", "hi", { ...context, device: "desktop" }),
      response("5s", "r1", { device: "mobile" }),
      act("9s", "copy", "r1"),
    ]);
    expect(only(driver, "implicit:copy")).toMatchObject(context);
  });

  it("of an escalation is the first prompt's, of an end the last response's", () => {
    const driver = tell([
      prompt("0s", "hi", { feature: "search" }),
      response("5s", "r1"),
      prompt("9s", "weather", { feature: "chat" }),
      response("12s", "r2"),
      event("15s", "escalation", { feature: "help" }),
      sessionEnd("20s"),
      prompt("1m", "hi", { feature: "search" }),
      response("2m", "r3", { feature: "voice" }),
      event("3m", "dwell", { response_id: "r3", feature: "help" }),
    ]);
    expect(only(driver, "implicit:escalation").feature).toBe("search");
    expect(only(driver, "implicit:silent-end").feature).toBe("voice");
  });

  it("takes nothing from later, nor from an earlier visit", () => {
    const driver = tell([
      prompt("0s", "hi", context),
      response("5s", "r0"),
      sessionEnd("6s"),
      prompt("7s", "hi"),
      response("8s", "r1"),
      act("9s", "copy", "r1", { tier: "paid" }),
    ]);
    expect(only(driver, "implicit:copy")).toMatchObject({ feature: null, tier: null, user_id_hash: null });
  });

  it("takes an empty word for none", () => {
    const driver = tell([prompt("0s", "hi", context), response("5s", "r1", { feature: "" }), act("9s", "copy", "r1")]);
    expect(only(driver, "implicit:copy").feature).toBe("search");
  });
});

describe("the provenance of a signal", () => {
  const provenance = {
    prompt_name: "support",
    prompt_version: "p9",
    model: "m9",
    model_version: "m9-1",
    release: "r-9",
    audit_id: "audit-9",
  };

  it("is that of the response it is about", () => {
    const driver = tell([
      prompt("0s", "hi"),
      response("5s", "r1", provenance),
      response("6s", "r2"),
      thumbs("9s", "r1", 1, { prompt_version: "told by the client" }),
    ]);
    expect(only(driver, "thumbs")).toMatchObject({ ...provenance, provenance_status: "resolved" });
  });

  it("is empty and unresolved while that was not seen", () => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1", provenance), thumbs("9s", "other", 1)]);
    expect(only(driver, "thumbs")).toMatchObject({
      response_id: "other",
      provenance_status: "unresolved",
      prompt_version: null,
      model: null,
      release: null,
      audit_id: null,
    });
  });
});

describe("where a signal was read", () => {
  it("is the topic and partition, from the first of its evidence to the record that made it", () => {
    const driver = createDriver();
    driver.log(
      prompt("0s", "reset my router"),
      response("5s", "r1"),
      act("9s", "share", "r1"),
      prompt("1m", "reset my router"),
    );
    expect(only(driver, "implicit:repeat-ask")).toMatchObject({
      source_topic: "interactions",
      source_partition: 0,
      source_first_offset: 0,
      source_last_offset: 3,
      schema_id: 7,
    });
  });

  it("of a revision ends at the record that made the revision", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), response("5s", "r1"), act("9s", "copy", "r1"), act("20s", "copy", "r1"));
    expect(driver.signals.map((signal) => signal.source_last_offset)).toEqual([2, 3]);
    expect(driver.signals.map((signal) => signal.source_first_offset)).toEqual([1, 1]);
  });

  it("of an end is the record that moved event time past it", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), response("5s", "r1"), event("1h", "resolved", { session_id: "s2" }));
    expect(only(driver, "implicit:silent-end")).toMatchObject({ ts: at("30m5s"), source_last_offset: 2 });
  });

  it.each(["live", "backfill", "shadow"] as const)("%s is told as its origin, with the same id", (origin) => {
    const entries = [prompt("0s", "hi"), response("5s", "r1"), act("9s", "copy", "r1")];
    const signal = only(tell(entries, { origin }), "implicit:copy");
    expect(signal.origin).toBe(origin);
    expect(signal.event_id).toBe(only(tell(entries), "implicit:copy").event_id);
  });

  it("names its detector and the version of its code", () => {
    const { detector_id, detector_version, confidence } = only(tell(everything()), "implicit:copy");
    expect([detector_id, detector_version, confidence]).toEqual(["copy", "1", null]);
  });
});
