// Escalations as timelines.
import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { minutesOf, only, read, tell } from "#test/helpers/story.ts";
import { act, at, createDriver, event, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";

const type = "implicit:escalation";

describe("an escalation", () => {
  it("before the record of the response that it names gets its provenance when that comes", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), event("5s", "escalation", { label: "button", response_id: "r1" }));
    expect(driver.of("implicit:escalation")).toMatchObject([{ provenance_status: "unresolved", response_id: "r1" }]);
    driver.log(response("6s", "r1"));
    expect(driver.of("implicit:escalation")).toMatchObject([{ provenance_status: "resolved", prompt_version: "p1" }]);
  });

  it("says by what the user called, whatever words or labels of prompts came before", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "a human please", { label: "edited" }), response("1s", "r1"));
    const by = () => JSON.parse(driver.of("implicit:escalation")[0]?.event_value ?? "") as { by: string | null };
    expect([driver.of("implicit:escalation")[0]?.grade, by().by]).toEqual(["request", null]);
    driver.log(event("5s", "escalation", { label: "button" }), event("6s", "escalation", { label: "ticket" }));
    expect([driver.of("implicit:escalation")[0]?.grade, by().by]).toEqual(["action", "button"]);
  });

  it("is anchored at the visit's first prompt, wherever that lands in the log", () => {
    const driver = createDriver();
    driver.log(prompt("5s", "more words"), event("6s", "escalation", { label: "agent" }));
    expect(driver.of("implicit:escalation")).toMatchObject([{ anchor: "prompt-5s" }]);
    driver.log(prompt("0s", "hi"));
    expect(driver.of("implicit:escalation")).toMatchObject([{ anchor: "prompt-0s" }]);
  });

  it("that names none is about no later response", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "a human please"), response("6s", "r1"));
    expect(driver.of("implicit:escalation")).toMatchObject([{ provenance_status: "unresolved", response_id: null }]);
  });
});

describe("an escalation by", () => {
  const text = createTextAnalyser();

  it.each([
    "I want to talk to a human",
    "let me speak to an agent",
    "connect me with a representative",
    "transfer me to an operator",
    "get me a real person",
  ])("words is a request: %j", (words) => {
    const driver = tell([prompt("0s", "reset my router"), response("5s", "r1"), prompt("9s", words)], { text });
    expect(only(driver, type).grade).toBe("request");
    expect(driver.rate(type)).toBe("1/1");
  });

  it.each([
    "what is a human right",
    "write me an agent in python",
    "which operator runs this train",
    "name a representative sample",
    "do not connect me to an agent",
  ])("words needs a request for a person: %j", (words) => {
    const driver = tell([prompt("0s", "reset my router"), response("5s", "r1"), prompt("9s", words)], { text });
    expect([driver.of(type).length, driver.rate(type)]).toEqual([0, "0/1"]);
  });

  it.each(["button", "agent", "ticket"])("%s is an action", (label) => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1"), event("9s", "escalation", { label })]);
    expect(only(driver, type)).toMatchObject({ grade: "action", value: { by: label } });
    expect(driver.rate(type)).toBe("1/1");
  });

  it("words in the very first turn is one, too", () => {
    const driver = tell([prompt("0s", "a human please"), response("5s", "r1")]);
    expect(only(driver, type).value).toMatchObject({ turns_before: 0, after_ms: 0, prior_friction: [] });
  });
});

describe("the signal of an escalation", () => {
  const entries = [
    prompt("0s", "hi"),
    response("5s", "r1"),
    prompt("1m", "no other words"),
    response("65s", "r2", { label: "refusal", prompt_version: "p2" }),
    event("90s", "escalation", { label: "button" }),
  ];

  it("is anchored at the visit's first prompt and about the last response before", () => {
    expect(only(tell(entries), type)).toMatchObject({
      anchor: "prompt-0s",
      ts: at("0s"),
      response_id: "r2",
      prompt_version: "p2",
      window_start: at("0s"),
      evidence: ["escalation-90s"],
      value: { acts: 1, turns_before: 2, after_ms: 90_000, prior_friction: ["correction", "refusal"] },
    });
  });

  it("goes out at once, its trial when the visit closes", () => {
    const driver = createDriver();
    driver.log(...entries);
    expect(driver.of(type)).toHaveLength(1);
    driver.log(sessionEnd("5m"));
    driver.finish();
    expect(minutesOf(driver, type)).toEqual(["5: 1/1"]);
    expect(driver.of(type)).toMatchObject([{ revision: 1 }]);
  });

  it("is revised by later calls: the same id, one trial", () => {
    const driver = tell([...entries, event("2m", "escalation", { label: "ticket" }), prompt("3m", "human now")]);
    expect(only(driver, type)).toMatchObject({
      revision: 3,
      grade: "action",
      evidence: ["escalation-90s", "escalation-2m", "prompt-3m"],
      value: { acts: 3, turns_before: 2 },
    });
    expect(driver.rate(type)).toBe("1/1");
  });

  it("by words counts the turns before the words", () => {
    const driver = tell([...entries.slice(0, 4), prompt("90s", "human please")]);
    expect(only(driver, type)).toMatchObject({ grade: "request", value: { turns_before: 2 } });
  });

  it("turns into an action's when words are followed by a button", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "a human please"), response("1s", "r1"));
    expect(driver.of(type).map(read)).toMatchObject([{ grade: "request" }]);
    driver.log(event("5s", "escalation"));
    expect(driver.of(type).map(read)).toMatchObject([{ grade: "action", revision: 2 }]);
  });

  it("is about the response that the event names", () => {
    const driver = tell([...entries.slice(0, 4), event("90s", "escalation", { response_id: "r1" })]);
    expect(only(driver, type)).toMatchObject({ response_id: "r1", prompt_version: "p1" });
  });

  it("names at most twenty events", () => {
    const calls = Array.from({ length: 30 }, (_, index) => event(`${100 + index}s`, "escalation"));
    expect(only(tell([...entries, ...calls]), type).evidence).toHaveLength(20);
  });
});

describe("the trials of escalation", () => {
  it("are visits with a response, escalated or not", () => {
    expect(tell([prompt("0s", "hi"), response("5s", "r1")]).rate(type)).toBe("0/1");
  });

  it("leave out a visit without a response, though its signal is sent", () => {
    const driver = tell([prompt("0s", "a human please"), sessionEnd("9s")]);
    expect([driver.of(type).length, driver.rate(type)]).toEqual([1, "0/0"]);
  });

  it("are one for each visit", () => {
    const again = [prompt("1h", "hi"), response("1h1s", "r2"), act("1h2s", "copy", "r2")];
    expect(tell([prompt("0s", "a human please"), response("5s", "r1"), ...again]).rate(type)).toBe("1/2");
  });
});
