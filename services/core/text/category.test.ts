import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "./analyser.ts";

const analyser = createTextAnalyser();

const categoryOf = (text: string, { lastAsk = "cheap hotels in Cambridge", answer = "I found three hotels." } = {}) => {
  const response = analyser.response(answer);
  return analyser.category(analyser.prompt(text), {
    lastAsk: analyser.prompt(lastAsk),
    response,
    asksQuestion: response.asksQuestion,
  });
};

/** A word of letters for each number. */
const wordOf = (n: number): string =>
  `q${Array.from(String(n), (digit) => "bcdfghjklm"[Number(digit)] ?? "").join("")}q`;

describe("the category of a turn", () => {
  it.each([
    ["No, I meant the hotel in the centre with parking", "correct-with"],
    ["I told you it must be the expensive museum restaurant", "correct-with"],
    ["That's not what I asked", "correct-without"],
    ["thats wrong", "correct-without"],
    ["It still doesn't work", "correct-without"],
    ["It still doesn’t work", "correct-without"],
    ["it still does n't work", "correct-without"],
    ["You already said that!", "correct-without"],
    ["try again", "correct-without"],
    ["you misunderstood", "correct-without"],
    ["you are making things up", "correct-without"],
    ["Could you explain the hotels in more detail?", "clarify"],
    ["What do you mean by hotels?", "clarify"],
    ["thanks!", "positive"],
    ["Great, that works", "positive"],
    ["yes please", "positive"],
    ["no thanks, that's all", "positive"],
    ["A train to London on Friday", "neutral"],
    ["", "neutral"],
    ["还有别的酒店", "neutral"],
  ])("of %j is %s", (text, category) => {
    expect(categoryOf(text)).toBe(category);
  });

  it.each(["No, the blue museum downtown", "nope", "but it is closed", "Actually I need a taxi", "I don't like it"])(
    "of %j is a correction only where no question was asked",
    (text) => {
      expect(categoryOf(text)).toMatch(/^correct/);
      expect(categoryOf(text, { answer: "Would you like one of these hotels?" })).not.toMatch(/^correct/);
    },
  );

  it("takes a strong cue even as an answer", () => {
    expect(categoryOf("No, that's wrong", { answer: "Shall I book it?" })).toBe("correct-without");
  });

  it("asks a question on topic to call it a clarification", () => {
    expect(categoryOf("What is the rating of these hotels?")).toBe("clarify");
    expect(categoryOf("What is photosynthesis?")).toBe("neutral");
    expect(categoryOf("Why three?", { answer: "Three of them are open." })).toBe("clarify");
  });

  it.each([1_000, 4_000, 20_000])("takes a question about something else for no question about %d words", (size) => {
    const response = analyser.response(Array.from({ length: size }, (_, n) => wordOf(n)).join(" "));
    const clarifying = Array.from({ length: 200 }, (_, n) => {
      const question = analyser.prompt(
        `which ${wordOf(50_000 + n)} or ${wordOf(60_000 + n)} of ${wordOf(70_000 + n)}?`,
      );
      return analyser.category(question, { lastAsk: null, response, asksQuestion: false });
    }).filter((category) => category === "clarify").length;
    expect(clarifying / 200).toBeLessThan(0.1);
  });

  it("knows every content word of a long answer and of a long ask", () => {
    const words = Array.from({ length: 200 }, (_, i) => `term${"bcdfghjk"[i % 8]}${"aeiou"[i % 5]}${String(i)}`);
    const text = words.join(" of the ");
    const [ask, answer] = [analyser.prompt(text), analyser.response(text)];
    const about = (word: string, lastAsk: typeof ask | null, response: typeof answer | null) =>
      analyser.category(analyser.prompt(`What is ${word}?`), { lastAsk, response, asksQuestion: false });
    for (const word of words) {
      expect(about(word, ask, null)).toBe("clarify");
      expect(about(word, null, answer)).toBe("clarify");
    }
    const strangers = words.filter((word) => about(`x${word}`, null, answer) === "clarify");
    expect(strangers.length).toBeLessThan(4);
  });

  it("puts correction before clarification before thanks", () => {
    expect(categoryOf("Thanks, but that's wrong, which hotels?")).toBe("correct-without");
    expect(categoryOf("Thanks! Which hotels have parking?")).toBe("clarify");
  });

  it("finds no topic where nothing stands around", () => {
    const alone = analyser.prompt("What hotels?");
    expect(analyser.category(alone, { lastAsk: null, response: null, asksQuestion: false })).toBe("neutral");
  });
});

describe("a satisfied user", () => {
  it.each(["Thanks!", "thank you so much", "perfect", "ok", "that worked", "good job"])("says %j", (text) => {
    expect(analyser.prompt(text).positive).toBe(true);
  });

  it.each([
    "not helpful",
    "never good",
    "thanks but that is wrong",
    "thanks for nothing",
    "Where is the station?",
    `Thank you in advance for ${"very ".repeat(20)}careful help`,
  ])("does not say %j", (text) => {
    expect(analyser.prompt(text).positive).toBe(false);
  });
});

describe("a user who asks for a person", () => {
  it.each([
    "I want to talk to a human",
    "can I speak with your manager?",
    "connect me to an operator",
    "get me a real person",
    "transfer me to support",
    "Representative!",
    "human please",
    "is there a human I can talk to?",
    "Is there a representative that I could speak with",
    "agent",
  ])("says %j", (text) => {
    expect(analyser.prompt(text).asksPerson).toBe(true);
  });

  it.each([
    "What is a human being?",
    "I need an agent that writes code",
    "who is the operator of this train",
    "are you human",
    "is there a human in this picture?",
    "Is there live chat on Sundays?",
    "can a human talk to an animal",
    "customer service said i should talk to my bank",
    "the support team told me to talk to you",
    "the representative asked me to talk to you about my refund",
    "customer care told me to chat with the bot",
    "what did the live agent say to talk to billing",
    "you are not a human, stop trying to talk to me like one",
    "a table for 2 people",
    "I do not want to talk to anyone",
    "what's the customer support phone number",
  ])("does not say %j", (text) => {
    expect(analyser.prompt(text).asksPerson).toBe(false);
  });
});

describe("content words", () => {
  it.each([
    ["hello there", 0],
    ["That is all, thank you very much. Bye!", 0],
    ["yes", 0],
    ["no, nothing else", 0],
    ["the hotel", 1],
    ["cheap hotel in the centre", 3],
    ["重置密码", 4],
  ])("of %j are %i", (text, count) => {
    expect(analyser.prompt(text).contentTokens).toBe(count);
  });
});
