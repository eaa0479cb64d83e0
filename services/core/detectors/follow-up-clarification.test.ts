// What a turn does to the answer before it, as timelines: corrects it, asks it to be clearer, or neither.
import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { minutesOf, only, tell, told } from "#test/helpers/story.ts";
import { at, prompt, response } from "#test/helpers/timeline.ts";

const type = "implicit:follow-up-clarification";
const text = createTextAnalyser();

interface Around {
  readonly ask?: string;
  readonly answer?: string | null;
  readonly extra?: string;
}

/** A turn after an answer about hotels. */
const after = (words: string, { ask, answer = "I found three hotels.", extra }: Around = {}) =>
  tell(
    [
      prompt("0s", ask ?? "cheap hotels in Cambridge"),
      response("5s", "r1", { text: answer, extra: extra ?? null }),
      prompt("1m", words),
    ],
    { text },
  );

const categoryOf = (words: string, around?: Around) => after(words, around).of(type)[0]?.category ?? "none fired";

describe("a strong cue corrects", () => {
  it.each([
    "no, I meant the river",
    "I said the river",
    "I asked you about boats",
    "I told you about boats",
    "that's not what I need",
    "you misunderstood",
    "that's wrong",
    "that's incorrect",
    "it is still not open",
    "it doesn't work",
    "same answer again",
    "you are making things up",
    "try again",
  ])("%j", (words) => {
    expect(categoryOf(words)).toMatch(/^correct-/);
  });

  it("even in answer to a question", () => {
    expect(categoryOf("that's wrong", { answer: "Shall I book it?" })).toBe("correct-without");
  });
});

describe("a weak cue corrects unless it answers a question", () => {
  it.each(["no, the old mill", "nope, the old mill", "but the old mill", "actually the old mill"])("%j", (words) => {
    expect(categoryOf(words)).toMatch(/^correct-/);
    expect(categoryOf(words, { answer: "Do you like the centre?" })).toBe("none fired");
  });

  it("which the producer may tell better than the last character", () => {
    const asks = { answer: "Tell me which one you like.", extra: '{"asks_question":true}' };
    const tells = { answer: "Which one? The Gonville, who else?", extra: '{"asks_question":false}' };
    expect(categoryOf("no, the old mill", asks)).toBe("none fired");
    expect(categoryOf("no, the old mill", tells)).toMatch(/^correct-/);
  });

  it("and only at the start of the turn", () => {
    expect(categoryOf("museums but cheap ones, near the station")).toBe("none fired");
  });
});

describe("a correction brings what is right when three content words stand beside its cue", () => {
  it.each([
    ["no, I meant the museum restaurant", "correct-without"],
    ["no, I meant the expensive museum restaurant", "correct-with"],
    ["that's wrong", "correct-without"],
    ["that's wrong, the museum restaurant closed yesterday", "correct-with"],
  ])("%j is %s", (words, category) => {
    expect(categoryOf(words)).toBe(category);
  });
});

describe("a question on topic asks for clarification", () => {
  it.each([
    ["Hotels with breakfast?", "a question mark"],
    ["which hotels have breakfast", "a question word"],
    ["explain the hotels", "explain"],
    ["elaborate on these hotels", "elaborate"],
    ["more detail on the hotels please", "more detail"],
    ["what do you mean by hotels", "what do you mean"],
    ["give an example of such hotels", "example"],
    ["are you sure about the hotels", "are you sure"],
  ])("%j: %s", (words) => {
    expect(categoryOf(words)).toBe("clarify");
  });

  it("by a word of the last ask or of the answer", () => {
    const around = { ask: "rooms by the river", answer: "The Gonville is a hotel." };
    expect(categoryOf("explain the river", around)).toBe("clarify");
    expect(categoryOf("explain the Gonville", around)).toBe("clarify");
    expect(categoryOf("explain photosynthesis", around)).toBe("none fired");
  });

  it("in at most twelve content words", () => {
    const extras = "parking breakfast balcony garden swimming pool sauna wifi laundry lift minibar".split(" ");
    const asked = (count: number) => `which hotels ${extras.slice(0, count - 1).join(" ")}?`;
    expect(categoryOf(asked(12))).toBe("clarify");
    expect(categoryOf(`${asked(12).slice(0, -1)} terrace?`)).toBe("none fired");
  });
});

describe("what fires nothing", () => {
  it.each([
    ["thanks", "thanks a lot"],
    ["praise", "perfect"],
    ["a short confirmation", "yes please"],
    ["another matter", "a train to London on Friday"],
    ["a language without a lexicon", "wo ist der Bahnhof, bitte sag es mir"],
  ])("%s: %j", (_, words) => {
    const driver = after(words);
    expect(driver.of(type)).toEqual([]);
    expect(driver.rate(type)).toBe("0/1");
  });

  it("a turn before any answer", () => {
    const driver = tell([prompt("0s", "cheap hotels"), prompt("9s", "no, I meant museums")], { text });
    expect(driver.rate(type)).toBe("0/1");
    expect(driver.of(type)).toEqual([]);
  });

  it("the same question again: that is a repeat-ask", () => {
    const driver = after("I want cheap hotels in Cambridge");
    expect(driver.rate(type)).toBe("0/1");
    expect(only(driver, "implicit:repeat-ask").category).toBe("rephrase");
  });
});

describe("where a turn could be two things", () => {
  it.each([
    ["that's wrong, which hotels?", "correct-without", "a correction before a clarification"],
    ["Thanks! Which hotels have parking?", "clarify", "a clarification before thanks"],
    ["thanks but that's wrong", "correct-without", "a correction before thanks"],
  ])("%j is %s: %s", (words, category) => {
    expect(categoryOf(words)).toBe(category);
  });

  it("a correction that asks again fires both signals, and says so in both", () => {
    const driver = after("No, I said cheap hotels in Cambridge");
    expect(only(driver, type).category).toBe("correct-with");
    expect(only(driver, "implicit:repeat-ask").category).toBe("correct-with");
    expect([driver.rate(type), driver.rate("implicit:repeat-ask")]).toEqual(["1/1", "1/1"]);
  });

  it("a clarification that asks again fires both, too", () => {
    const driver = after("are there cheap hotels in Cambridge?");
    expect(only(driver, type).category).toBe("clarify");
    expect(only(driver, "implicit:repeat-ask").category).toBe("clarify");
  });

  it("thanks that repeat the question are a rephrase, no thanks", () => {
    const driver = after("thanks, cheap hotels in Cambridge");
    expect(only(driver, "implicit:repeat-ask").category).toBe("rephrase");
  });
});

describe("the signal", () => {
  it("is about the response just before, and names it and the prompt", () => {
    const driver = tell(
      [
        prompt("0s", "cheap hotels"),
        response("5s", "r1"),
        response("9s", "r2", { prompt_version: "p2" }),
        prompt("1m", "that's wrong"),
      ],
      { text },
    );
    expect(only(driver, type)).toMatchObject({
      anchor: "prompt-1m",
      ts: at("1m"),
      response_id: "r2",
      prompt_version: "p2",
      window_start: at("9s"),
      window_end: at("1m"),
      evidence: ["response-9s", "prompt-1m"],
    });
  });

  it("cannot exclude an answer to a question where the response came without text", () => {
    expect(only(after("no, the old mill", { answer: null }), type).ambiguity).toContain("no_response_text");
    expect(only(after("no, the old mill"), type).ambiguity).not.toContain("no_response_text");
    expect(
      only(after("no, the old mill", { answer: null, extra: '{"asks_question":false}' }), type).ambiguity,
    ).not.toContain("no_response_text");
  });
});

describe("the trials", () => {
  it.each([
    ["edited and sent again", { label: "edited" }],
    ["sent again by the client", { label: "retry" }],
    ["without text", { text: null }],
  ])("leave out a turn %s", (_, more) => {
    const entries = [prompt("0s", "hotels"), response("5s", "r1"), prompt("1m", "that's wrong", more)];
    const driver = tell(entries, { text });
    expect([driver.rate(type), driver.of(type).length]).toEqual(["0/0", 0]);
  });

  it("leave out the first turn of each visit", () => {
    const entries = [prompt("0s", "hotels"), response("5s", "r1"), prompt("40m", "that's wrong")];
    expect(tell(entries, { text }).rate(type)).toBe("0/0");
  });

  it("end in the minute of the prompt, in the slice of the response just before", () => {
    const driver = tell(
      [
        prompt("0s", "hotels in Cambridge"),
        response("5s", "r1"),
        prompt("1m", "museums on Sunday"),
        response("65s", "r2", { prompt_version: "p2" }),
        prompt("3m", "that's wrong"),
      ],
      { text },
    );
    expect(minutesOf(driver, type)).toEqual(["1: 0/1", "3: 1/1"]);
    expect(told(driver, type)).toHaveLength(1);
    const slices = driver.tallies.filter(({ signal_type, trials }) => signal_type === type && trials > 0);
    expect(slices.map(({ prompt_version }) => prompt_version)).toEqual(["p1", "p2"]);
  });
});
