// The same question again, as timelines: whom a prompt is compared with, from which score it fires, and what the signal says.
import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { matching, minutesOf, only, tell, told } from "#test/helpers/story.ts";
import { act, at, type Entry, event, prompt, response } from "#test/helpers/timeline.ts";

const type = "implicit:repeat-ask";
const text = createTextAnalyser();
const question = "how do I reset my router password";

const askedTwice = [prompt("0s", question), response("5s", "r1"), prompt("1m", question)];

/** What comes of two answered asks with these words. */
const pair = (earlier: string, later: string) =>
  tell([prompt("0s", earlier), response("5s", "r1"), prompt("1m", later)], { text });

/** An answered exchange about something else. */
const chat = (when: string, words: string): readonly Entry[] => [
  prompt(when, words),
  event(when, "response", { response_id: `re-${when}` }),
];

describe("a question asked again after its answer", () => {
  it("is a repeat that names both prompts and the response between", () => {
    expect(only(tell(askedTwice, { text }), type)).toMatchObject({
      grade: "repeat",
      score: 1,
      anchor: "prompt-1m",
      ts: at("1m"),
      response_id: "r1",
      window_start: at("0s"),
      window_end: at("1m"),
      evidence: ["prompt-0s", "response-5s", "prompt-1m"],
      value: { equal: true, gap_ms: 60_000, turns_between: 0, ask_count: 2 },
    });
  });

  it("is found however it is cased, spaced and punctuated", () => {
    expect(only(pair(question, "  HOW do I reset   my router password??"), type)).toMatchObject({ grade: "repeat" });
  });

  it("is found in other words about the same", () => {
    expect(only(pair(question, "reset the password of my router"), type)).toMatchObject({ value: { equal: false } });
  });

  it("is not found in another question", () => {
    expect(pair(question, "which museums are open on sunday").rate(type)).toBe("0/1");
  });

  it("may have been probing, and claims no precision that nobody measured", () => {
    expect(only(tell(askedTwice, { text }), type)).toMatchObject({ ambiguity: "probing", confidence: null });
  });
});

describe("the score decides", () => {
  it.each([
    [0.75, "repeat"],
    [0.7499, "rephrase"],
    [0.5, "rephrase"],
    [0.4999, null],
  ])("%d is %s", (score, grade) => {
    const driver = tell(askedTwice, { text: matching({ score, equal: false }) });
    expect(driver.of(type).map((signal) => signal.grade)).toEqual(grade === null ? [] : [grade]);
  });

  it("unless the normalised texts are equal: a repeat at any score", () => {
    expect(only(tell(askedTwice, { text: matching({ score: 0.1, equal: true }) }), type).grade).toBe("repeat");
  });

  it.each([
    [0.95, "repeat"],
    [0.9499, "rephrase"],
    [0.7, "rephrase"],
    [0.6999, null],
  ])("with Han or Kana on either side %d is %s", (score, grade) => {
    const driver = tell(askedTwice, { text: matching({ score, equal: false, raise: true }) });
    expect(driver.of(type).map((signal) => signal.grade)).toEqual(grade === null ? [] : [grade]);
  });

  it("at thresholds that can be set", () => {
    const settings = { repeatAt: 0.9, rephraseAt: 0.8 };
    const grades = [0.9, 0.8, 0.79].map(
      (score) => tell(askedTwice, { settings, text: matching({ score, equal: false }) }).of(type)[0]?.grade,
    );
    expect(grades).toEqual(["repeat", "rephrase", undefined]);
  });

  it.each([
    ["book a table for 4 people tonight", "book a table for 6 people tonight"],
    ["book a table for people tonight", "book a table for 6 people tonight"],
    ["book a table for four people tonight", "book a table for six people tonight"],
  ])("but another number asks something else: %j, %j", (earlier, later) => {
    expect(pair(earlier, later).rate(type)).toBe("0/1");
  });

  it.each([
    ["a number in words", "book a table for four people tonight", "book a table for 4 people tonight"],
    ["Chinese", "如何重置我的密码", "如何重置我的密码？"],
    ["Korean", "비밀번호를 어떻게 재설정하나요", "비밀번호를 어떻게 재설정하나요?"],
    ["Hindi", "मेरा पासवर्ड रीसेट करें", "मेरा पासवर्ड रीसेट करें।"],
  ])("and %s is found again: %j, %j", (_, earlier, later) => {
    expect(only(pair(earlier, later), type).grade).toBe("repeat");
  });

  it("and no score outweighs another number", () => {
    const other = matching({ score: 0.99, numberMismatch: true, equal: false });
    expect(tell(askedTwice, { text: other }).rate(type)).toBe("0/1");
  });

  it("and another negation does not block, as people re-ask with a no", () => {
    const signal = only(pair("I need a hotel with parking", "No, I need a hotel with parking"), type);
    expect(signal.value).toMatchObject({ negation_mismatch: true, number_mismatch: false });
  });
});

describe("whom a prompt is compared with", () => {
  const others = ["weather in oslo", "trains to bergen", "museum prices", "jazz concerts", "best pizza"];
  /** The question, then so many other turns, then the question again. */
  const after = (turns: number, until: string): readonly Entry[] => [
    ...chat("0s", question),
    ...Array.from({ length: turns }, (_, index) => chat(`${index + 1}s`, `${others[index % 5]} ${index}`)).flat(),
    prompt(until, question),
  ];

  it.each([
    ["the fifth last user turn, however old", 4, "20m", "1/5"],
    ["no sixth last that is older than ten minutes", 5, "10m1ms", "0/6"],
    ["a sixth last of ten minutes", 5, "10m", "1/6"],
    ["the twentieth last", 19, "1m", "1/20"],
    ["no twenty-first, however recent", 20, "1m", "0/21"],
  ])("%s", (_, turns, until, rate) => {
    expect(tell(after(turns, until), { text }).rate(type)).toBe(rate);
  });

  it("says how many user turns lie between", () => {
    expect(only(tell(after(3, "1m"), { text }), type).value["turns_between"]).toBe(3);
  });

  it("no ask that was not answered: asking it again is impatience", () => {
    const driver = tell([prompt("0s", question), prompt("10s", question)], { text });
    expect(driver.rate(type)).toBe("0/1");
  });

  it("no ask that was answered only after the next prompt", () => {
    const driver = tell(
      [prompt("0s", question), prompt("5s", "and the weather in oslo"), response("9s", "r1"), prompt("20s", question)],
      { text },
    );
    expect(driver.rate(type)).toBe("0/2");
  });

  it("the answered one where a newer one was not answered", () => {
    const driver = tell([...askedTwice, prompt("2m", question)], { text });
    expect(told(driver, type).at(-1)).toMatchObject({
      anchor: "prompt-2m",
      evidence: ["prompt-0s", "response-5s", "prompt-2m"],
    });
  });

  it("the most alike wins", () => {
    const driver = tell([
      prompt("0s", "alpha beta gamma delta"),
      response("1s", "r1"),
      prompt("10s", "alpha beta gamma other"),
      response("11s", "r2"),
      prompt("20s", "alpha beta gamma delta"),
    ]);
    expect(told(driver, type).at(-1)).toMatchObject({ score: 1, response_id: "r1" });
  });

  it("of two as alike the later wins", () => {
    const driver = tell([...askedTwice, response("65s", "r2"), prompt("2m", question)], { text });
    expect(told(driver, type).at(-1)).toMatchObject({ score: 1, response_id: "r2", value: { ask_count: 3 } });
  });

  it("an edited ask, too, though it was no trial itself", () => {
    const edited = prompt("10s", question, { label: "edited" });
    const driver = tell([...chat("0s", "weather in oslo"), edited, response("15s", "r2"), prompt("1m", question)], {
      text,
    });
    expect(only(driver, type).evidence).toEqual(["prompt-10s", "response-15s", "prompt-1m"]);
    expect(driver.rate(type)).toBe("1/1");
  });

  it("no ask of an earlier visit", () => {
    const driver = tell([...chat("0s", question), prompt("30m", question)], { text });
    expect(driver.rate(type)).toBe("0/0");
  });

  it("no ask of another session or tenant", () => {
    const driver = tell(
      [
        ...chat("0s", question),
        prompt("5s", "weather in oslo", { session_id: "s2" }),
        prompt("10s", question, { session_id: "s2" }),
        prompt("5s", "weather in oslo", { tenant: "other" }),
        prompt("10s", question, { tenant: "other" }),
      ],
      { text },
    );
    expect(driver.rate(type)).toBe("0/2");
  });
});

describe("which turns are trials", () => {
  it("none is the first of a visit", () => {
    expect(tell([prompt("0s", question), response("5s", "r1")], { text }).rate(type)).toBe("0/0");
  });

  it.each([
    ["edited and sent again", { label: "edited" }],
    ["sent again by the client", { label: "retry" }],
    ["without text", { text: null }],
    ["with an empty text", { text: "" }],
  ])("none is %s", (_, more) => {
    const driver = tell([...askedTwice.slice(0, 2), prompt("1m", question, more)], { text });
    expect(driver.rate(type)).toBe("0/0");
    expect(driver.of(type)).toEqual([]);
  });

  it("an unknown label changes nothing", () => {
    expect(tell([...askedTwice.slice(0, 2), prompt("1m", question, { label: "voice" })], { text }).rate(type)).toBe(
      "1/1",
    );
  });

  it("one with a single content word is a trial that never fires", () => {
    expect(pair("hotels please", "hotels please").rate(type)).toBe("0/1");
    expect(pair("cheap hotels please", "cheap hotels please").rate(type)).toBe("1/1");
  });

  it("each ends in the minute of its prompt", () => {
    const driver = tell([...askedTwice, response("65s", "r2"), prompt("3m59s", "weather in oslo")], { text });
    expect(minutesOf(driver, type)).toEqual(["1: 1/1", "3: 0/1"]);
  });

  it("a prompt delivered twice is one turn and repeats nothing", () => {
    const driver = tell([...askedTwice.slice(0, 2), ...askedTwice.slice(0, 1)], { text });
    expect(driver.rate(type)).toBe("0/0");
  });
});

describe("what the signal tells", () => {
  it("every feature of the comparison", () => {
    const match = {
      score: 0.61,
      wordCosine: 0.6,
      charCosine: 0.62,
      equal: false,
      containment: 0.55,
      negationMismatch: true,
      lengthRatio: 0.8,
    };
    expect(only(tell(askedTwice, { text: matching(match) }), type)).toMatchObject({
      score: 0.61,
      value: {
        word_cosine: 0.6,
        char_cosine: 0.62,
        containment: 0.55,
        number_mismatch: false,
        negation_mismatch: true,
        length_ratio: 0.8,
      },
    });
  });

  it("half the word cosine and half the trigram cosine are the score", () => {
    const { score, value } = only(pair(question, "reset the password of my router"), type);
    expect(score).toBeCloseTo((Number(value["word_cosine"]) + Number(value["char_cosine"])) / 2, 4);
  });

  it("how the question was answered and after how long", () => {
    const entries = [
      prompt("0s", question),
      response("5s", "r1", { label: "refusal", value: 4_200 }),
      prompt("1m", question),
    ];
    expect(only(tell(entries, { text }), type).value).toMatchObject({
      answer_label: "refusal",
      answer_latency_ms: 4_200,
    });
  });

  it("of several answers the newest", () => {
    const entries = [prompt("0s", question), response("5s", "r1"), response("9s", "r2"), prompt("1m", question)];
    expect(only(tell(entries, { text }), type)).toMatchObject({
      response_id: "r2",
      evidence: ["prompt-0s", "response-9s", "prompt-1m"],
    });
  });

  it("whether another answer had been asked for", () => {
    const again = [prompt("0s", question), response("5s", "r1"), act("8s", "regenerate", "r1"), prompt("1m", question)];
    expect(only(tell(again, { text }), type).value["regenerated"]).toBe(true);
    expect(only(tell(askedTwice, { text }), type).value["regenerated"]).toBe(false);
  });

  it("the response just before, where it is about an earlier one", () => {
    const entries = [
      prompt("0s", question),
      response("5s", "r1", { prompt_version: "p1" }),
      prompt("20s", "weather in oslo"),
      response("25s", "r2", { prompt_version: "p2" }),
      prompt("1m", question),
    ];
    const driver = tell(entries, { text });
    expect(only(driver, type)).toMatchObject({
      response_id: "r1",
      prompt_version: "p1",
      value: { preceding_response_id: "r2", turns_between: 1 },
    });
    const fired = driver.tallies.filter((tally) => tally.signal_type === type && tally.fired > 0);
    expect(fired.map((tally) => tally.prompt_version)).toEqual(["p2"]);
  });

  it("a refinement: the earlier question with more content", () => {
    expect(only(pair("cheap hotel in cambridge", "cheap hotel in cambridge with parking"), type).ambiguity).toBe(
      "probing,slot_change",
    );
  });

  it("the third time as the third", () => {
    const driver = tell([...askedTwice, response("65s", "r2"), prompt("2m", question)], { text });
    expect(told(driver, type).map(({ value }) => value["ask_count"])).toEqual([2, 3]);
  });
});
