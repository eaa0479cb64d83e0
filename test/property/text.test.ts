// Whatever is typed, analysis holds its promises: it never throws, likeness is symmetric and bounded, and writing the same otherwise changes nothing.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "#core/text/analyser.ts";
import type { Match, PromptFeatures, ResponseFeatures } from "#core/text/types.ts";
import { maxTextBytes } from "#core/text-cap.ts";

const analyser = createTextAnalyser();
const match = (a: string, b: string) => analyser.match(analyser.prompt(a), analyser.prompt(b));

const alphabets = {
  latin: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZéüñçßøÅĲŒþǆẞﬃ",
  greek: "αβγδεζσςΣΑΒΓΩώΐΰ",
  cyrillic: "абвгдеёжзАБВГДЕЁЖЗїґ",
  hebrew: "אבגדהושלםיִשְׁ",
  arabic: "ابتثجحخدﷺﻻكتابَُّ٠١٢۳",
  devanagari: "कखगघकीकाकुक्ष१२३",
  thai: "กขฃคกำแก้เธอๆ๑๒",
  han: "你好世界重置密码𠮷㐀",
  kana: "あいうがパスワードｶﾞﾊﾟー々",
  hangul: "가격수도권비밀번호ㄱㅏ가",
  emoji: "👍🙏👨‍👩‍👧‍👦🇺🇳☺️❤️‍🔥1️⃣",
  digits: "0123456789①²½Ⅷ１２３",
  signs: "+$€£=<>^`|~°©™",
  marks: ".,;:!?¿…—-_'\"“”()[]{}/\\@#%&*。、？！؟",
  blanks: " \t\n\r\u00a0\u2003\u3000",
  hidden: "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u202c\u034f\ufe0f\u0000\u0007\u001b",
  combining: "\u0301\u0308\u030c\u0323\u3099\u20e3",
  halves: "\ud800\udbff\udc00\udfff",
} as const;
const from = (...names: readonly (keyof typeof alphabets)[]) => {
  const chars = names.flatMap((name) => (name === "halves" ? alphabets.halves.split("") : Array.from(alphabets[name])));
  return fc.array(fc.constantFrom(...chars), { maxLength: 40 }).map((list) => list.join(""));
};
const names = Object.keys(alphabets) as readonly (keyof typeof alphabets)[];
const mixed = fc
  .array(fc.oneof(...names.map((name) => from(name, "blanks")), fc.string({ unit: "binary", maxLength: 20 })), {
    maxLength: 6,
  })
  .map((parts) => parts.join(" "));
const cue = fc.constantFrom(
  "no",
  "I meant",
  "talk to a human",
  "thanks",
  "what is",
  "doesn't",
  "one",
  "1",
  "3pm",
  "kya",
);
const typed = fc.oneof(
  ...names.map((name) => from(name)),
  mixed,
  from("digits", "marks"),
  from("emoji", "hidden", "halves"),
  from(...names),
  fc.array(fc.oneof(cue, from("latin"), mixed), { maxLength: 5 }).map((parts) => parts.join(" ")),
);
/** Long by repetition, and long by variety. */
const long = fc.oneof(
  fc.tuple(typed, fc.integer({ min: 100, max: 3_000 })).map(([part, times]) => part.repeat(times)),
  fc
    .tuple(typed, fc.nat(), fc.integer({ min: 200, max: 2_000 }))
    .map(([part, seed, length]) =>
      Array.from({ length }, (_, i) => `${part.slice(0, 4)}${String(Math.imul(i + seed, 2_654_435_761) >>> 18)}`).join(
        " ",
      ),
    ),
);
const anyText = fc.oneof({ weight: 15, arbitrary: typed }, { weight: 1, arbitrary: long });

const shares = (found: Match) => [
  found.score,
  found.wordCosine,
  found.charCosine,
  found.containment,
  found.lengthRatio,
];
const hasText = (text: string) => /[\p{L}\p{M}\p{N}\p{S}]/u.test(text.normalize("NFKC"));

describe("whatever is typed", () => {
  it("is analysed, and compared the same both ways", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const there = match(a, b);
        const back = match(b, a);
        for (const share of shares(there)) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        expect(back.score).toBeCloseTo(there.score, 4);
        expect(back).toMatchObject({
          equal: there.equal,
          numberMismatch: there.numberMismatch,
          negationMismatch: there.negationMismatch,
          lengthRatio: there.lengthRatio,
          raise: there.raise,
        });
      }),
    );
  });

  it("is like itself", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const found = match(text, text);
        expect(found).toMatchObject({ equal: hasText(text), numberMismatch: false, negationMismatch: false });
        expect(found.score).toBe(hasText(text) ? 1 : 0);
      }),
    );
  });

  it("is rated a response and a reaction as well", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (ask, answer, next) => {
        const response = analyser.response(answer);
        const around = { lastAsk: analyser.prompt(ask), response, asksQuestion: response.asksQuestion };
        const category = analyser.category(analyser.prompt(next), around);
        expect(["correct-with", "correct-without", "clarify", "positive", "neutral"]).toContain(category);
        const alike = analyser.selfRepeat(response, analyser.response(next));
        expect(alike).toBeGreaterThanOrEqual(0);
        expect(alike).toBeLessThanOrEqual(1);
        expect(analyser.selfRepeat(analyser.response(next), response)).toBeCloseTo(alike, 4);
      }),
    );
  });

  it("says the same from rest, however long it is", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const [earlier, later] = [analyser.prompt(a), analyser.prompt(b)];
        const answer = analyser.response(a);
        const rested = {
          earlier: analyser.unpackPrompt(analyser.packPrompt(earlier).slice()),
          later: analyser.unpackPrompt(analyser.packPrompt(later).slice()),
          answer: analyser.unpackResponse(analyser.packResponse(answer).slice()),
        };
        expect(analyser.match(rested.earlier, rested.later)).toEqual(analyser.match(earlier, later));
        const category = (turn: PromptFeatures, lastAsk: PromptFeatures, response: ResponseFeatures) =>
          analyser.category(turn, { lastAsk, response, asksQuestion: response.asksQuestion });
        expect(category(rested.later, rested.earlier, rested.answer)).toBe(category(later, earlier, answer));
      }),
    );
  });

  const rewrites: readonly (readonly [string, (text: string) => string])[] = [
    ["in lower case", (text) => text.toLowerCase()],
    ["composed", (text) => text.normalize("NFC")],
    ["decomposed", (text) => text.normalize("NFD")],
    ["in compatible characters", (text) => text.normalize("NFKC")],
    ["decomposed and compatible", (text) => text.normalize("NFKD")],
    ["between blanks", (text) => `\n\t ${text}\u3000 `],
    ["with wider blanks", (text) => text.replaceAll(" ", " \u00a0\t")],
    ["with marks after it", (text) => `${text} …!`],
    ["with marks for blanks", (text) => text.replaceAll(" ", " — ")],
    ["in full width", (text) => text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0))],
  ];
  it.each(rewrites)("is the same %s", (_, rewrite) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const found = match(text, rewrite(text));
        expect(found).toMatchObject({ equal: hasText(text), numberMismatch: false, score: hasText(text) ? 1 : 0 });
      }),
    );
  });

  it("in capitals is the same as in small letters", () => {
    fc.assert(
      fc.property(from("latin", "cyrillic", "greek", "blanks", "marks", "digits", "combining"), (text) => {
        fc.pre(!/[ßẞﬃΐΰ]/.test(text)); // these have no single capital letter
        expect(match(text.toUpperCase(), text.toLowerCase()).equal).toBe(hasText(text));
      }),
    );
  });

  it.each(["x", "7 ", "漢字", "👍", "ﷺ", "e\u0301", "\u0301\u0327", "\u0301ﾞ", "\ud800", "\u200b", "ก", "word "])(
    "is analysed up to the cap: %j",
    (unit) => {
      const bytes = new TextEncoder().encode(unit).length;
      const text = unit.repeat(Math.floor(maxTextBytes / bytes));
      expect(match(text, text).score).toBe(hasText(text) ? 1 : 0);
      expect(analyser.response(text).chars).toBe(text.length);
    },
  );
});
