import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainLikeness } from "#test/helpers/plain-likeness.ts";
import { createTextAnalyser } from "./analyser.ts";
import { idfSeed } from "./idf-seed.generated.ts";
import type { PromptFeatures, ResponseFeatures } from "./types.ts";

const analyser = createTextAnalyser();
const match = (a: string, b: string) => analyser.match(analyser.prompt(a), analyser.prompt(b));

const vocabulary =
  "I need a train to Cambridge on Friday trains booking booked cheaper hotels the postcode, please! don’t “really” 15:45 two café naïve ponies running 수도권 가격 知ってる 怎么办 की का тест שלום مرحبا 👍 C++ £20 ﬁx ① Ünïcode STRASSE ß".split(
    " ",
  );
const sentence = fc.array(fc.constantFrom(...vocabulary), { maxLength: 14 }).map((words) => words.join(" "));
const anyText = fc.oneof(
  sentence,
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.tuple(sentence, fc.string({ unit: "binary", maxLength: 8 })).map(([a, b]) => a + b),
);

describe("the likeness of two asks", () => {
  it("is what a plain implementation finds, whatever the text", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        // A surrogate pair is one character to both, but the plain hash of words takes units.
        fc.pre(!/[\u{10000}-\u{10ffff}]/u.test((a + b).normalize("NFKC")));
        const found = match(a, b);
        const expected = plainLikeness(a, b);
        expect(found.wordCosine).toBeCloseTo(expected.words, 3);
        expect(found.charCosine).toBeCloseTo(expected.grams, 3);
        expect(found.score).toBeCloseTo(expected.score, 3);
      }),
      { numRuns: 80 },
    );
  });

  it("is the same both ways, and 1 to itself", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(match(a, b).score).toBeCloseTo(match(b, a).score, 4);
        const self = match(a, a);
        expect(self.score).toBe(self.equal ? 1 : 0);
      }),
    );
  });

  it("in words does not depend on their order", () => {
    const shuffled = fc
      .uniqueArray(fc.constantFrom("trains", "booked", "15:45", "café", "가격", "知って", "की", "please!"), {
        minLength: 1,
      })
      .chain((words) => fc.tuple(fc.constant(words), fc.shuffledSubarray(words, { minLength: words.length })));
    fc.assert(
      fc.property(shuffled, ([words, other]) => {
        expect(match(words.join(" "), other.join(" ")).wordCosine).toBe(1);
      }),
    );
  });

  it("does not depend on case, spacing, punctuation or composition", () => {
    const found = match("Where is the CAFÉ  near me?!", "where is — the cafe\u0301 near me");
    expect(found).toMatchObject({ equal: true, score: 1 });
  });

  it.each([
    ["J\u030cava", "ǰava"],
    ["ΟΔΟΣ: 5", "οδοσ 5"],
    ["ㄱㅏ", "가"],
    ["ｶﾞ", "ガ"],
  ])("takes %j and %j for the same", (a, b) => {
    expect(match(a, b)).toMatchObject({ equal: true, score: 1 });
  });

  it("depends on Devanagari vowel signs", () => {
    expect(match("की", "का").equal).toBe(false);
    expect(match("मेरी गाड़ी", "मेरा गाड़ा").wordCosine).toBe(0);
  });

  it("sees another number, written in digits or as a word", () => {
    expect(match("a table for 4 people", "a table for 6 people").numberMismatch).toBe(true);
    expect(match("a table for two people", "a table for 2 people")).toMatchObject({ numberMismatch: false });
    expect(match("a table for two people", "a table for 2 people").wordCosine).toBe(1);
  });

  it.each([
    ["a table at 3pm", "a table at 3 pm", false],
    ["a table at 3pm", "a table at 4 pm", true],
    ["a taxi at 08:30", "a taxi at 8:30", false],
    ["set the dose to 2.05 mg", "set the dose to 2.5 mg", true],
    ["1.05 miles", "1.5 miles", true],
    ["pin 0042", "pin 42", true],
    ["flight BA007", "flight BA7", true],
    ["a table for １２", "a table for 12", false],
    ["room 2, again room 2", "room 2", false],
    ["room 2 and room 3", "room 2", true],
    ["a table for one", "a table for 1", false],
    ["a table for 1", "a table for 2", true],
    ["a table for one", "a table for 2", true],
    ["a table for 1", "a table", true],
    ["a cheap one", "a cheap hotel", false],
    ["ek table book karo", "book 1 table", false],
  ])("of %j and %j, says whether one names a number that the other does not: %s", (a, b, differ) => {
    expect(match(a, b).numberMismatch).toBe(differ);
    expect(match(b, a).numberMismatch).toBe(differ);
  });

  it("notes a negation on one side only", () => {
    expect(match("it works", "it doesn't work").negationMismatch).toBe(true);
    expect(match("it does n't work", "it dont work").negationMismatch).toBe(false);
  });

  it("notes Han and Kana on either side", () => {
    expect(match("怎么重置密码", "如何重置密码").raise).toBe(true);
    expect(match("パスワードを忘れた", "password").raise).toBe(true);
    expect(match("비밀번호", "password").raise).toBe(false);
    expect(match("a text with one 字", "another").raise).toBe(false);
  });

  it("calls an ask that contains the earlier one and more a refinement", () => {
    expect(match("cheap hotel in Cambridge", "cheap hotel in Cambridge with free parking").newContent).toBe(true);
    expect(match("cheap hotel in Cambridge", "a cheap hotel in Cambridge please").newContent).toBe(false);
    expect(match("cheap hotel in Cambridge", "train to London on Friday").newContent).toBe(false);
  });

  it("meets a request again in the other language of a mix", () => {
    expect(match("kya kal barish hogi", "will it rain tomorrow").wordCosine).toBeGreaterThan(0.5);
  });

  it("does not depend on the key, which changes all that is kept", () => {
    const secret = createTextAnalyser({ key: "secret" });
    fc.assert(
      fc.property(sentence, sentence, (a, b) => {
        expect(secret.match(secret.prompt(a), secret.prompt(b))).toEqual(match(a, b));
      }),
    );
    expect(secret.identity).toEqual(analyser.identity);
    const bytes = (of: typeof analyser) => of.packPrompt(of.prompt("where is my parcel"));
    expect(bytes(secret).slice(28)).not.toEqual(bytes(analyser).slice(28));
    expect(bytes(secret).slice(7, 11)).not.toEqual(bytes(analyser).slice(7, 11));
  });
});

describe("any text", () => {
  const hostile = [
    "",
    " ",
    "\u0000\u0007\u001b[31m",
    "\ud800",
    "a\udc00b",
    "👨‍👩‍👧‍👦🇺🇳",
    "\u202eabc\u202c",
    "ﷺ".repeat(100),
    "e" + "\u0301".repeat(5_000),
    "?".repeat(1_000),
  ];

  it.each(hostile)("%j is analysed", (text) => {
    const features = analyser.prompt(text);
    expect(features.chars).toBe(text.length);
    expect(analyser.match(features, features).score).toBeLessThanOrEqual(1);
    expect(analyser.selfRepeat(analyser.response(text), analyser.response(text))).toBeLessThanOrEqual(1);
  });

  it("up to the cap leaves features of bounded size", () => {
    for (const unit of ["lorem ipsum dolor ", "漢字仮名交じり文", "👍", "x", "ab1 "]) {
      const text = unit.repeat(Math.ceil(2 ** 18 / unit.length));
      expect(analyser.packPrompt(analyser.prompt(text)).length).toBeLessThan(1_600);
      expect(analyser.packResponse(analyser.response(text)).length).toBeLessThan(200);
    }
    const varied = Array.from({ length: 40_000 }, (_, i) => `w${String((i * 7919) % 65_537)}`).join(" ");
    expect(analyser.packPrompt(analyser.prompt(varied)).length).toBeLessThan(2_650);
    expect(analyser.packResponse(analyser.response(varied)).length).toBeLessThan(1_250);
  });

  it("leaves none of its words in the features", () => {
    const bytes = analyser.packPrompt(analyser.prompt("canaryword and another canaryword"));
    const latin1 = String.fromCharCode(...bytes);
    for (let i = 0; i + 4 <= "canaryword".length; i += 1) expect(latin1).not.toContain("canaryword".slice(i, i + 4));
  });
});

const long = (seed: number) =>
  Array.from({ length: 600 }, (_, i) => `word${String(Math.imul(i + 1, 2_654_435_761 + seed) >>> 22)}`).join(" ");

const pasted = (detail: string) => `${long(0)} ${long(1)} the file is ${detail} ${long(2)} ${long(3)}`;

describe("long texts, of which a sample is kept", () => {
  it("are alike when they are", () => {
    expect(match(long(0), long(0)).score).toBe(1);
    expect(match(long(0), `${long(0)} and a few more words at the end`).wordCosine).toBeGreaterThan(0.85);
  });

  it("are kept whole when they say the same few words many times", () => {
    const few = fc.uniqueArray(fc.constantFrom(...long(0).split(" ")), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(few, (words) => {
        const once = words.join(" ");
        const often = Array.from({ length: 100 }, () => once).join(" ");
        expect(match(once, often)).toMatchObject({ wordCosine: 1, containment: 1, numberMismatch: false });
      }),
      { numRuns: 30 },
    );
  });

  it("leave a sample that does not depend on how often and in which order they say their words", () => {
    const words = [...new Set(long(0).split(" "))].slice(0, 200);
    const twice = [...words, ...words].join(" ");
    expect(match(words.join(" "), words.toReversed().join(" ")).wordCosine).toBe(1);
    expect(match(words.join(" "), twice).wordCosine).toBe(1);
  });

  it("differ by each of their numbers", () => {
    expect(match(pasted("no. 4711"), pasted("no. 4712")).numberMismatch).toBe(true);
    expect(match(pasted("no. 4711"), pasted("number 4711")).numberMismatch).toBe(false);
    const rows = Array.from({ length: 3_000 }, (_, i) => String(100_000 + 7 * i));
    const swapped = rows.with(10, "999999");
    expect(match(rows.join(" "), rows.toReversed().join(", ")).numberMismatch).toBe(false);
    expect(match(rows.join(" "), swapped.join(" ")).numberMismatch).toBe(true);
    expect(match(rows.join(" "), rows.slice(1).join(" ")).numberMismatch).toBe(true);
  });

  it("are equal only when all of them is", () => {
    expect(match(pasted("broken"), pasted("Broken!"))).toMatchObject({ equal: true, score: 1 });
    expect(match(pasted("broken"), pasted("missing")).equal).toBe(false);
    expect(match(pasted("now here"), pasted("here now")).equal).toBe(false);
  });

  it("are read to their end", () => {
    expect(analyser.prompt(`${long(0)} ${long(1)} connect me to an operator ${long(2)}`).asksPerson).toBe(true);
    const quoted = Array.from({ length: 12_000 }, (_, i) => `clause ${String(i)}`).join(" ");
    expect(match(quoted, `${quoted} and zebra crossing`).equal).toBe(false);
    expect(match(quoted, quoted.toUpperCase())).toMatchObject({ equal: true, score: 1 });
  });

  it("are compared with short ones in what both samples hold", () => {
    const short = long(0).slice(0, 300);
    const found = match(short, long(0));
    expect(found.score).toBeGreaterThan(0);
    expect(found.score).toBeLessThan(1);
    expect(match(long(0), short).score).toBeCloseTo(found.score, 4);
  });
});

describe("packed features", () => {
  it("behave as those that were packed, after others were analysed", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (a, b, between) => {
        const [earlier, later] = [analyser.prompt(a), analyser.prompt(b)];
        const direct = analyser.match(earlier, later);
        const restored = [earlier, later].map((one) => analyser.unpackPrompt(analyser.packPrompt(one).slice()));
        analyser.response(between);
        const [x, y] = restored as [PromptFeatures, PromptFeatures];
        expect(analyser.match(x, y)).toEqual(direct);
        expect(x).toEqual({ ...earlier, bytes: expect.anything() });
        const answer = analyser.response(a);
        const again: ResponseFeatures = analyser.unpackResponse(analyser.packResponse(answer).slice());
        expect(analyser.selfRepeat(again, analyser.response(b))).toBe(
          analyser.selfRepeat(answer, analyser.response(b)),
        );
      }),
    );
  });

  it("of an ordinary ask take about 150 bytes", () => {
    const ask = "I am looking for a cheap restaurant in the east part of town";
    expect(analyser.packPrompt(analyser.prompt(ask)).length).toBeLessThan(190);
  });
});

const answer = (place: string) => `I am sorry, but I could not find ${place} in the list of places that are open now.`;
const repeats = (a: string, b: string) => analyser.selfRepeat(analyser.response(a), analyser.response(b));

describe("an assistant's text", () => {
  it.each([
    ["Would you like me to book it?", true],
    ["Shall I go on? ", true],
    ['Did you mean "Cambridge?"', true],
    ["**Is that right?**", true],
    ["要继续吗？", true],
    ["هل هذا صحيح؟", true],
    ["Is it? Yes, it is.", false],
    ["", false],
  ])("%j asks: %s", (text, asks) => {
    expect(analyser.response(text).asksQuestion).toBe(asks);
  });

  it("that says the same again is alike, and another is not", () => {
    expect(repeats(answer("a museum"), answer("a museum"))).toBe(1);
    expect(repeats(answer("a museum"), answer("the museum"))).toBeGreaterThan(0.75);
    expect(repeats(answer("a museum"), "The train leaves at ten and arrives at noon.")).toBeLessThan(0.3);
  });
});

describe("the identity", () => {
  it("names table, lexicons, Unicode version and segmenter", () => {
    const segmenter = { id: "test-1", split: (run: string) => [run] };
    expect(createTextAnalyser({ unicode: "16.0", segmenter }).identity).toMatchObject({
      idf: idfSeed.id,
      lexicons: expect.stringMatching(/^en-1-[0-9a-f]+,hi-latn-1-[0-9a-f]+$/),
      unicode: "16.0",
      segmenter: "test-1",
    });
  });
});

describe("Thai", () => {
  const asks = ["ฉันต้องการจองโรงแรม", "ฉันอยากจองโรงแรม"] as const;

  it("is split by the segmenter it is given", () => {
    const words = new Intl.Segmenter("th", { granularity: "word" });
    const segmenter = { id: "icu", split: (run: string) => Array.from(words.segment(run), ({ segment }) => segment) };
    const thai = createTextAnalyser({ segmenter });
    const [a, b] = asks.map((ask) => thai.prompt(ask)) as [PromptFeatures, PromptFeatures];
    expect(a.contentTokens).toBe(Array.from(words.segment(asks[0])).length);
    expect(thai.match(a, b).wordCosine).toBeGreaterThan(0.3);
  });

  it("is split however long it is", () => {
    const segmenter = { id: "pairs", split: (run: string) => run.match(/.{1,2}/gu) ?? [] };
    const thai = createTextAnalyser({ segmenter });
    const [a, b] = [thai.prompt(asks[0].repeat(4_500)), thai.prompt(asks[0])];
    expect(thai.match(a, b).wordCosine).toBeGreaterThan(0.5);
  });

  it("falls back to characters and pairs", () => {
    expect(match(asks[0], asks[1]).wordCosine).toBeGreaterThan(0.3);
    expect(match(asks[0], asks[0])).toMatchObject({ equal: true, score: 1 });
  });
});
