// What holds for every signal, as timelines: no user text comes out, and a visit holds only so much.
import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { only, tell } from "#test/helpers/story.ts";
import { act, at, createDriver, type Entry, event, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";

const long = (end: string) => `${"reset my router password ".repeat(10_500)}${end}`;

describe("text is used, then forgotten", () => {
  const secret = "Zanzibar";
  const text = createTextAnalyser();

  it("no word of a prompt, a response, a comment, a form or a note comes out anywhere", () => {
    const driver = createDriver({ text });
    driver.log(
      prompt("0s", `book a flight to ${secret} please`),
      response("5s", "r1", { text: `which day to ${secret}?`, extra: `{"note":"${secret}"}` }),
      prompt("1m", `I said book a flight to ${secret} please`, { label: secret }),
      response("65s", "r2", { text: `flights to ${secret}` }),
      act("70s", "feedback", "r2", { label: "comment", text: `${secret} is nice` }),
      act("71s", "feedback", "r2", { label: "form", extra: `{"where":"${secret}"}`, event_id: "form" }),
      act("72s", "copy", "r2", { label: secret, extra: `{"selection":"${secret}"}` }),
      prompt("80s", `get me a human in ${secret}`),
      sessionEnd("90s"),
      event("20m", "resolved", { session_id: "s2" }),
    );
    driver.append(prompt("2m", `late ${secret}`, { extra: `{"note":"${secret}"}` }), at("20m"));
    driver.finish();
    const types = new Set(driver.final.map(({ event_type }) => event_type));
    for (const type of ["repeat-ask", "follow-up-clarification", "copy", "escalation", "engagement-length"]) {
      expect(types).toContain(`implicit:${type}`);
    }
    expect([driver.late.length, types.has("comment"), types.has("form")]).toEqual([1, true, true]);
    expect(JSON.stringify(driver.outputs)).not.toContain(secret);
  });

  it("only its length does", () => {
    const words = "reset my router password";
    const driver = tell([prompt("0s", words), response("5s", "r1"), prompt("1m", words)], { text });
    expect(only(driver, "implicit:repeat-ask").value).toMatchObject({ text_chars: words.length, text_cut: false });
  });

  it("a text beyond 256 KiB is read to there, which the signal notes", () => {
    const driver = tell([prompt("0s", long("one")), response("5s", "r1"), prompt("1m", long("two"))], { text });
    expect(only(driver, "implicit:repeat-ask")).toMatchObject({
      grade: "repeat",
      value: { text_cut: true, text_chars: long("two").length },
    });
  });
});

const turns = (count: number) => Array.from({ length: count }, (_, index) => prompt(`${index}s`, `question ${index}`));

describe("a visit is full", () => {
  it("after 512 turns: the next is late for that reason, an act and the next visit are not", () => {
    const driver = createDriver();
    const verdicts = driver.log(...turns(513));
    expect(verdicts.filter(({ kind }) => kind === "applied")).toHaveLength(512);
    expect(verdicts.at(-1)).toEqual({ kind: "late", reason: "visit_full" });
    expect(driver.late).toMatchObject([{ reason: "visit_full", event_id: "prompt-512s" }]);
    expect(driver.log(act("513s", "copy", "r1"), prompt("45m", "hello"))).toEqual([
      { kind: "applied" },
      { kind: "applied" },
    ]);
  });

  it("after 4,096 events of any kind", () => {
    const driver = createDriver();
    const dwells = Array.from({ length: 4_097 }, (_, index) =>
      act("1s", "dwell", "r1", { event_id: `d${10_000 + index}` }),
    );
    const verdicts = driver.log(...dwells);
    expect(verdicts.filter(({ kind }) => kind === "applied")).toHaveLength(4_096);
    expect(verdicts.at(-1)).toEqual({ kind: "late", reason: "visit_full" });
  });
});

describe("a record that is refused", () => {
  it("says why and leaves nothing behind", () => {
    const driver = createDriver();
    const verdicts = driver.log(
      prompt("0s", "hi", { session_id: "" }),
      event("0s", "wish"),
      event("0s", "copy"),
      act("0s", "feedback", "r1", { label: "thumbs", value: 3 }),
    );
    expect(verdicts).toEqual([
      { kind: "reject", reason: "missing_field", field: "session_id" },
      { kind: "reject", reason: "unknown_type", field: "type" },
      { kind: "reject", reason: "missing_field", field: "response_id" },
      { kind: "reject", reason: "invalid_value", field: "value" },
    ]);
    expect([driver.outputs.length, driver.engine.visits, driver.engine.watermark]).toEqual([0, 0, -Infinity]);
  });

  it.each([
    ["a day old", "24h", "applied"],
    ["older", "24h1ms", "reject"],
    ["five minutes ahead", "-5m", "applied"],
    ["further ahead", "-5m0.001s", "reject"],
  ])("for its time is one %s when it is appended: %s is %s", (_, appended, kind) => {
    expect(createDriver().append(prompt("0s", "hi"), at(appended)).kind).toBe(kind);
  });
});

const own = (session: string, tenant: string) => [
  prompt("0s", "reset my router", { session_id: session, tenant }),
  response("5s", "r1", { session_id: session, tenant }),
  prompt("1m", "reset my router", { session_id: session, tenant }),
];

const visit = (session: string, when: string) => [
  prompt(when, "hello", { session_id: session }),
  response(when, `r-${session}`, { session_id: session }),
];
/** The sessions in the order in which their ends are said. */
const order = (...entries: readonly Entry[]) => {
  const driver = createDriver();
  driver.log(...entries);
  const ends = driver.signals.filter(({ event_type }) => event_type === "implicit:silent-end");
  return ends.map(({ session_id }) => session_id);
};

describe("what time brings is said", () => {
  it("in the order of deadlines, then of sessions, before the next record", () => {
    const late = event("2h", "resolved", { session_id: "s9" });
    const names = ["s2", "s1", "s4", "s3"];
    const visits = names.flatMap((name) => visit(name, name === "s4" ? "4s" : "5s"));
    expect(order(...visits, late)).toEqual(["s4", "s1", "s2", "s3"]);
  });

  it("before the event of the same session that comes after it, wherever the watermark is", () => {
    const driver = createDriver();
    driver.log(...visit("s1", "0s"), prompt("30m", "weather"));
    expect(driver.engine.watermark).toBeLessThan(at("30m"));
    expect(driver.of("implicit:silent-end")).toMatchObject([{ ts: at("30m"), source_last_offset: 2 }]);
  });

  it("once: a tick more changes nothing", () => {
    const ticks = ["40m", "41m", "50m", "2h"].map((tick) => ({ tick }));
    expect(order(...visit("s1", "0s"), ...ticks)).toEqual(["s1"]);
  });
});

describe("several sessions and tenants in one partition", () => {
  it("say what each would say alone", () => {
    const names = [
      ["s1", "acme"],
      ["s2", "acme"],
      ["s1", "other"],
    ] as const;
    const alone = names.flatMap(([session, tenant]) =>
      tell(own(session, tenant)).final.map(({ event_id }) => event_id),
    );
    const logs = names.map(([session, tenant]) => own(session, tenant));
    const mixed = [0, 1, 2].flatMap((index) => logs.flatMap((log) => log[index] ?? []));
    expect(tell(mixed).final.map(({ event_id }) => event_id)).toEqual(alone.toSorted());
  });
});
