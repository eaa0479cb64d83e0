// How a visit ends, as timelines: what is friction, what is a sign of success, which of them has the last word.
import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "#core/text/analyser.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { minutesOf, only, tell } from "#test/helpers/story.ts";
import {
  act,
  at,
  type DriverOptions,
  type Entry,
  event,
  prompt,
  response,
  sessionEnd,
  thumbs,
} from "#test/helpers/timeline.ts";

const type = "implicit:abandonment";
const text = createTextAnalyser();
const ended = sessionEnd("5m");

const opening = [prompt("0s", "hello there"), response("1s", "r1")];
const second = [prompt("1m", "weather in oslo"), response("61s", "r2")];
const visit = [...opening, ...second];

/** `escalated`, `used`, `after-friction` or `silent`, from what is sent and counted. */
const endOf = (entries: readonly Entry[], options?: DriverOptions): string => {
  const driver = tell([...entries, ended], options);
  const rates = ["abandonment", "silent-end", "escalation"].map((name) => driver.rate(`implicit:${name}`)).join(" ");
  const sent = `${driver.of(type).length} ${driver.of("implicit:silent-end").length}`;
  const names: Readonly<Record<string, string>> = {
    "1/1 0/1 0/1, 1 0": "after-friction",
    "0/1 1/1 0/1, 0 1": "silent",
    "0/1 0/1 1/1, 0 0": "escalated",
    "0/1 0/1 0/1, 0 0": "used",
  };
  return names[`${rates}, ${sent}`] ?? `${rates}, ${sent}`;
};

const r2 = (more: Partial<InteractionRecord>) => [
  ...opening,
  second[0] ?? prompt("1m", ""),
  response("61s", "r2", more),
];

describe("friction in the last two exchanges, and nothing that says it went well", () => {
  const question = "how do I reset my router password";
  it.each<[string, number, readonly Entry[]]>([
    ["repeat-ask", 0.4, [prompt("0s", question), response("1s", "r1"), prompt("1m", question), response("61s", "r2")]],
    ["correction", 0.4, [...opening, prompt("1m", "that's wrong"), response("61s", "r2")]],
    ["error", 0.5, r2({ label: "error" })],
    ["refusal", 0.4, r2({ label: "refusal" })],
    ["truncated", 0.2, r2({ label: "truncated" })],
    ["tool-error", 0.3, r2({ extra: '{"tool_errors":2}' })],
    ["slow", 0.1, r2({ value: 30_001 })],
    ["stop", 0.2, [...visit, act("70s", "stop", "r2")]],
    ["regenerate", 0.3, [...visit, act("70s", "regenerate", "r2")]],
    ["thumbs-down", 0.5, [...visit, thumbs("70s", "r2", -1)]],
    ["self-repeat", 0.3, r2({ text: "here is answer r1" })],
    ["unanswered-question", 0.1, r2({ text: "for which day?" })],
  ])("%s, which weighs %d", (name, weight, entries) => {
    const signal = only(tell([...entries, ended], { text }), type);
    expect(signal).toMatchObject({ score: weight, value: { frictions: [name], friction_score: weight } });
  });

  it("adds up to 1 − ∏(1 − weight)", () => {
    const entries = [...r2({ label: "refusal", value: 45_000 }), thumbs("70s", "r2", -1)];
    expect(only(tell([...entries, ended]), type)).toMatchObject({
      score: 0.73, // 1 − .6 · .9 · .5
      value: { frictions: ["refusal", "slow", "thumbs-down"] },
    });
  });

  it("is listed once a kind", () => {
    const entries = [...visit, act("70s", "stop", "r2"), act("80s", "stop", "r2")];
    expect(only(tell([...entries, ended]), type)).toMatchObject({ score: 0.36, value: { frictions: ["stop"] } });
  });

  it.each<[string, readonly Entry[]]>([
    ["a response that took the limit", r2({ value: 30_000 })],
    ["tools without errors", r2({ extra: '{"tool_errors":0}' })],
    ["a handoff", r2({ label: "handoff" })],
    ["an edit", [...visit, act("70s", "edit", "r2")]],
    ["a poor rating", [...visit, act("70s", "feedback", "r2", { label: "rating", value: 1 })]],
    ["a clarification", [...opening, prompt("1m", "explain that"), response("61s", "r2")]],
    [
      "a question that was answered",
      [prompt("0s", "hello there"), response("1s", "r1", { text: "for which day?" }), ...second],
    ],
  ])("is not %s", (_, entries) => {
    expect(endOf(entries)).toBe("silent");
  });

  it.each([
    ["here is answer r1", "alike by three words in four", "here is answer", "after-friction"],
    ["here is answer r1", "alike by two words in four", "here is", "silent"],
  ])("of an assistant that says %j, then something %s: %j", (first, _, then, end) => {
    const entries = [prompt("0s", "hello"), response("1s", "r1", { text: first }), prompt("1m", "weather in oslo")];
    expect(endOf([...entries, response("61s", "r2", { text: then })])).toBe(end);
  });

  it("takes the producer's word on whether a question was asked", () => {
    expect(endOf(r2({ text: "for which day?", extra: '{"asks_question":false}' }))).toBe("silent");
    expect(endOf(r2({ text: "tell me the day", extra: '{"asks_question":true}' }))).toBe("after-friction");
  });

  it("no longer counts three exchanges back", () => {
    const third = [prompt("2m", "trains to bergen"), response("121s", "r3")];
    const stopped = [...opening, act("5s", "stop", "r1"), ...second];
    expect(endOf(stopped)).toBe("after-friction");
    expect(endOf([...stopped, ...third])).toBe("silent");
  });

  it("is slow from a limit that can be set", () => {
    expect(endOf(r2({ value: 2_000 }), { settings: { slowResponse: 1_999 } })).toBe("after-friction");
  });
});

describe("a sign of success in the last two exchanges", () => {
  it.each<[string, readonly Entry[]]>([
    ["a copy", [act("70s", "copy", "r2")]],
    ["a share", [act("70s", "share", "r2")]],
    ["a thumb up", [thumbs("70s", "r2", 1)]],
    ["resolved", [event("70s", "resolved", { label: "user" })]],
    ["thanks before the assistant's last words", [prompt("70s", "thanks"), response("71s", "r3")]],
    ["dwelling", [act("70s", "dwell", "r2", { label: "visible", value: 60_000 })]],
  ])("%s: used, so nothing is sent but trials are counted", (_, acts) => {
    expect(endOf([...visit, ...acts])).toBe("used");
  });

  it.each([
    [`thank you ${"x".repeat(49)}`, "used"],
    [`thank you ${"x".repeat(50)}`, "silent"],
  ])("thanks are under 60 characters: %j", (words, end) => {
    expect(endOf([...opening, prompt("1m", words), response("61s", "r2")], { text })).toBe(end);
  });

  it("counts after friction, not before it", () => {
    const stop = act("75s", "stop", "r2");
    expect(endOf([...visit, act("70s", "copy", "r2"), stop])).toBe("after-friction");
    expect(endOf([...visit, stop, act("80s", "copy", "r2")])).toBe("used");
  });

  it("is undone by friction that follows in the next exchange", () => {
    const third = [prompt("2m", "trains to bergen"), response("121s", "r3", { label: "refusal" })];
    expect(endOf([...visit, act("70s", "copy", "r2"), ...third])).toBe("after-friction");
  });

  it("counts one exchange later, not two", () => {
    const copied = [...opening, act("5s", "copy", "r1"), ...second];
    expect(endOf(copied)).toBe("used");
    expect(endOf([...copied, prompt("2m", "trains to bergen"), response("121s", "r3")])).toBe("silent");
  });

  it("stands although the assistant's last question stays open", () => {
    const asks = r2({ text: "for which day?" });
    expect(endOf([...asks, act("70s", "copy", "r2")])).toBe("used");
  });
});

const dwell = (when: string, ms: number, label = "visible") => act(when, "dwell", "r2", { label, value: ms });

describe("dwelling marks a response as used from half its reading time", () => {
  /** 400 characters at 20 a second: half of 20 s. */
  const long = r2({ extra: '{"output_chars":400}' });

  it.each<[string, readonly Entry[], string]>([
    ["ten seconds of twenty", [dwell("80s", 10_000)], "used"],
    ["a millisecond less", [dwell("80s", 9_999)], "silent"],
    ["two reports that make it up", [dwell("80s", 4_000), dwell("90s", 6_000)], "used"],
  ])("%s", (_, acts, end) => {
    expect(endOf([...long, ...acts])).toBe(end);
  });

  it("not by scrolling, however far", () => {
    expect(endOf([...r2({ extra: '{"output_chars":1}' }), dwell("80s", 100, "scroll")])).toBe("silent");
  });

  it("at a reading speed that can be set", () => {
    expect(endOf([...long, dwell("80s", 5_000)], { settings: { readingSpeed: 40 } })).toBe("used");
  });

  it("measured by the text where no length is named, never without both", () => {
    expect(endOf([...r2({ text: "x".repeat(400) }), dwell("80s", 10_000)])).toBe("used");
    expect(endOf([...r2({ text: null }), dwell("80s", 600_000)])).toBe("silent");
  });
});

describe("the order of end states", () => {
  const stop = act("70s", "stop", "r2");
  const copy = act("75s", "copy", "r2");
  const person = event("80s", "escalation", { label: "button" });

  it("is escalated, used, after friction, silent", () => {
    expect(endOf([...visit, stop, copy, person])).toBe("escalated");
    expect(endOf([...visit, stop, copy])).toBe("used");
    expect(endOf([...visit, stop])).toBe("after-friction");
    expect(endOf(visit)).toBe("silent");
  });

  it("escalates however long ago a person was asked for", () => {
    const early = [...opening, event("5s", "escalation", { label: "button" }), ...second];
    expect(endOf([...early, prompt("2m", "trains to bergen"), response("121s", "r3")])).toBe("escalated");
  });
});

const single = (more: Partial<InteractionRecord>, ...acts: readonly Entry[]) =>
  endOf([prompt("0s", "hello"), response("1s", "r1", more), ...acts]);

describe("a visit of a single turn", () => {
  it.each([
    ["error", "after-friction"],
    ["refusal", "after-friction"],
    ["truncated", "silent"],
    ["ok", "silent"],
  ])("whose response is labelled %s ends %s", (label, end) => {
    expect(single({ label })).toBe(end);
  });

  it("is silent when another response came beside the error", () => {
    expect(single({ label: "error" }, response("5s", "r2"))).toBe("silent");
  });

  it("is silent whatever else was friction", () => {
    expect(single({ value: 90_000, text: "for which day?" }, act("5s", "stop", "r1"))).toBe("silent");
  });

  it("may be used, or escalated", () => {
    expect(single({}, act("5s", "copy", "r1"))).toBe("used");
    expect(single({}, event("5s", "escalation"))).toBe("escalated");
  });
});

describe("the signal", () => {
  const entries = [
    prompt("0s", "hello there"),
    response("1s", "r1", { prompt_version: "p1" }),
    prompt("1m", "no explain hello"),
    response("61s", "r2", { prompt_version: "p2", label: "refusal", audit_id: "a2" }),
    act("70s", "stop", "r2"),
    sessionEnd("5m"),
  ];

  it("is about the visit's last response, from the first event to the end", () => {
    expect(only(tell(entries), type)).toMatchObject({
      anchor: "r2",
      response_id: "r2",
      prompt_version: "p2",
      audit_id: "a2",
      ts: at("5m"),
      window_start: at("0s"),
      window_end: at("5m"),
      value: { closed_by: "session_end", frictions: ["correction", "refusal", "stop"] },
    });
  });

  it("names the friction events and the response", () => {
    const { evidence } = only(tell(entries), type);
    expect(evidence).toEqual(expect.arrayContaining(["prompt-1m", "response-61s", "stop-70s"]));
  });

  it("keeps the labels of the last six turns", () => {
    const more = [prompt("2m", "explain it"), response("121s", "r3", { label: "error" }), prompt("3m", "thanks")];
    const signal = only(tell([...visit, ...more, response("181s", "r4"), thumbs("190s", "r4", -1)]), type);
    expect(signal.value["last_labels"]).toEqual([
      "prompt:neutral",
      "response:ok",
      "prompt:clarify",
      "response:error",
      "prompt:positive",
      "response:ok",
    ]);
  });

  it("names at most twenty events", () => {
    const stops = Array.from({ length: 40 }, (_, index) => act(`${70 + index}s`, "stop", "r2"));
    expect(only(tell([...visit, ...stops, ended]), type).evidence).toHaveLength(20);
  });
});

describe("the trials", () => {
  it.each<[string, readonly Entry[], number, string]>([
    ["at its session_end", [ended], at("5m"), "5: 1/1"],
    ["thirty minutes after its last event", [], at("31m10s"), "31: 1/1"],
  ])("a visit ends %s", (_, rest, ts, minute) => {
    const driver = tell([...visit, act("70s", "stop", "r2"), ...rest]);
    expect(only(driver, type).ts).toBe(ts);
    expect(minutesOf(driver, type)).toEqual([minute]);
    expect(only(driver, type).value["closed_by"]).toBe(rest.length > 0 ? "session_end" : "gap");
  });

  it("are counted in the slice of the last response", () => {
    const last = response("61s", "r2", { prompt_version: "p2", feature: "search" });
    const driver = tell([...opening, prompt("1m", "weather"), last, act("70s", "dwell", "r1", { feature: "help" })]);
    const rows = ["abandonment", "silent-end", "escalation"].map((name) =>
      driver.tallies.filter(({ signal_type, trials }) => signal_type === `implicit:${name}` && trials > 0),
    );
    expect(rows.map(([row]) => [row?.prompt_version, row?.feature])).toEqual(rows.map(() => ["p2", "search"]));
  });

  it("without a response there is none", () => {
    const driver = tell([prompt("0s", "hello"), prompt("5s", "hello?"), ended]);
    expect(["abandonment", "silent-end", "escalation"].map((name) => driver.rate(`implicit:${name}`))).toEqual([
      "0/0",
      "0/0",
      "0/0",
    ]);
  });

  it("each visit of a session has its own", () => {
    const again = [prompt("1h", "hello"), response("1h1s", "r9"), prompt("1h1m", "that"), response("1h2m", "r10")];
    const driver = tell([...visit, act("70s", "stop", "r2"), ...again]);
    expect([driver.rate(type), driver.rate("implicit:silent-end")]).toEqual(["1/2", "1/2"]);
  });
});
