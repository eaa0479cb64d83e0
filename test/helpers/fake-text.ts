// A text analyser small enough to foresee in a test: words by white space, likeness by shared words.
import type { Match, PromptFeatures, ResponseFeatures, TextAnalyser } from "#core/text/types.ts";

interface FakePrompt extends PromptFeatures {
  readonly words: readonly string[];
}
interface FakeResponse extends ResponseFeatures {
  readonly words: readonly string[];
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;
const numbers = (words: readonly string[]): string => words.filter((word) => /^\d+$/.test(word)).join(" ");

const likeness = (a: readonly string[], b: readonly string[]): number => {
  const all = new Set([...a, ...b]);
  if (all.size === 0) return 0;
  const other = new Set(b);
  return round4([...new Set(a)].filter((word) => other.has(word)).length / all.size);
};

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const valueOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

const match = (earlier: FakePrompt, later: FakePrompt): Match => {
  const score = likeness(earlier.words, later.words);
  return {
    score,
    wordCosine: score,
    charCosine: score,
    equal: earlier.words.join(" ") === later.words.join(" "),
    containment: score,
    numberMismatch: numbers(earlier.words) !== numbers(later.words),
    negationMismatch: false,
    lengthRatio: round4(
      Math.min(earlier.words.length, later.words.length) / Math.max(1, earlier.words.length, later.words.length),
    ),
    raise: false,
    newContent: false,
  };
};

/** "no …" corrects, "explain …" asks for clarification, "thanks …" is positive, "human" asks for a person; every word is content. */
export const createFakeText = (): TextAnalyser => ({
  identity: { analyser: "fake" },
  prompt(text): FakePrompt {
    const words = wordsOf(text);
    return {
      words,
      contentTokens: words.length,
      chars: text.length,
      positive: words[0] === "thanks",
      asksPerson: words.includes("human"),
    };
  },
  response: (text): FakeResponse => ({
    words: wordsOf(text),
    chars: text.length,
    asksQuestion: text.trimEnd().endsWith("?"),
  }),
  match: (earlier, later) => match(earlier as FakePrompt, later as FakePrompt),
  selfRepeat: (earlier, later) => likeness((earlier as FakeResponse).words, (later as FakeResponse).words),
  category(turn, { asksQuestion }) {
    const [first] = (turn as FakePrompt).words;
    if (first === "no" && !asksQuestion) return turn.contentTokens > 3 ? "correct-with" : "correct-without";
    if (first === "explain") return "clarify";
    return turn.positive ? "positive" : "neutral";
  },
  packPrompt: bytesOf,
  unpackPrompt: (bytes) => valueOf(bytes) as FakePrompt,
  packResponse: bytesOf,
  unpackResponse: (bytes) => valueOf(bytes) as FakeResponse,
});
