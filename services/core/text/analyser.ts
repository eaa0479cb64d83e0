// The text analyser: features of asks and answers, how alike two asks are, what a turn does to the answer before it.
import { type Bags, type Caps, charsOf, contentTokensOf, createBags, facts, factsOf, scriptMask } from "./bag.ts";
import { compileCues } from "./cues.ts";
import { createGramWriter } from "./grams.ts";
import { createKeyed, GRAM_BITS, HASH_BITS, WORD_BITS } from "./hash.ts";
import { type IdfSeed, openIdf } from "./idf.ts";
import { idfSeed } from "./idf-seed.generated.ts";
import { english } from "./lexicons/english.ts";
import { hinglish } from "./lexicons/hinglish.ts";
import { clarifyWords, createReader, positiveChars, wordsBeyondCue } from "./reading.ts";
import { createScanner, scripts } from "./scan.ts";
import type { Match, PromptFeatures, ResponseFeatures, TextAnalyser } from "./types.ts";
import { createWordReader, type Segmenter } from "./words.ts";

export interface TextSettings {
  /** Secret that scrambles what features hold of words. Scores do not depend on it, so it is no part of the identity. */
  readonly key?: string;
  /** Version of Unicode by which characters are classed, `process.versions.unicode` of the process; part of the identity. */
  readonly unicode?: string | undefined;
  /** Splits Thai, Lao, Khmer and Burmese into words; without it their characters and pairs stand for words. */
  readonly segmenter?: Segmenter;
  /** Another idf table than the one that ships. */
  readonly idf?: IdfSeed;
}

/** Raise with every change of features, score or rules that no other entry of the identity names. */
const version = 2;

/**
 * Beyond so many distinct words and character groups a sample is kept: at most 1.6 kB for an ask, 190 B for an answer, and with
 * the filter of its content words up to 1 kB more (an answer of 300 words: 450 B).
 */
const all = Number.POSITIVE_INFINITY;
const promptCaps: Caps = { words: { cap: 128, enough: all }, grams: { cap: 384, enough: all } };
/** Most answers are sampled, and how alike two are is a rough measure: a third of the cap will do, where a second look costs 10 % of the turn. */
const responseCaps: Caps = { words: { cap: 36, enough: 12 }, grams: { cap: 16, enough: 5 } };
/** Characters there is room for at first: twice a long question, so that few texts make the buffers grow. */
const capacity = 8192;

/** Shared words weigh at least so much of the shorter text: the later ask contains the earlier one (unmeasured). */
const containedAt = 0.8;

const round = (value: number): number => Math.round(value * 10_000) / 10_000;

interface Bagged {
  readonly bytes: Uint8Array;
}
/** The features' own form; outside they are opaque. */
const bytesOf = (features: PromptFeatures | ResponseFeatures): Uint8Array =>
  (features as PromptFeatures & ResponseFeatures & Bagged).bytes;

const promptFrom = (bytes: Uint8Array): PromptFeatures & Bagged => {
  const found = factsOf(bytes);
  return {
    contentTokens: contentTokensOf(bytes),
    chars: charsOf(bytes),
    positive: (found & facts.positive) !== 0,
    asksPerson: (found & facts.asksPerson) !== 0,
    bytes,
  };
};

const responseFrom = (bytes: Uint8Array): ResponseFeatures & Bagged => ({
  chars: charsOf(bytes),
  asksQuestion: (factsOf(bytes) & facts.asksQuestion) !== 0,
  bytes,
});

const isHanKana = (found: number): boolean => (found & scriptMask) === scripts.hanKana;

const matchOf = (bags: Bags, earlier: Uint8Array, later: Uint8Array): Match => {
  const found = bags.compare(earlier, later);
  const before = factsOf(earlier);
  const after = factsOf(later);
  const shorter = Math.min(charsOf(earlier), charsOf(later));
  const longer = Math.max(charsOf(earlier), charsOf(later));
  return {
    score: round((found.wordCosine + found.gramCosine) / 2),
    wordCosine: round(found.wordCosine),
    charCosine: round(found.gramCosine),
    equal: found.equal,
    containment: round(found.containment),
    numberMismatch: found.numberMismatch,
    negationMismatch: ((before ^ after) & facts.negation) !== 0,
    lengthRatio: longer > 0 ? round(shorter / longer) : 1,
    raise: isHanKana(before) || isHanKana(after),
    newContent: found.containment >= containedAt && found.laterContent > found.sharedContent,
  };
};

export const createTextAnalyser = (settings: TextSettings = {}): TextAnalyser => {
  const key = settings.key ?? "";
  const keyed = {
    words: createKeyed(key, WORD_BITS),
    grams: createKeyed(key, GRAM_BITS),
    texts: createKeyed(key, HASH_BITS),
  };
  const idf = openIdf(settings.idf ?? idfSeed, keyed);
  const cues = compileCues([english, hinglish]);
  const bags = createBags(idf, keyed);
  const { scanned, scan } = createScanner(capacity);
  const { grams, write: writeGrams } = createGramWriter(capacity);
  const { words, read: readWords } = createWordReader(cues, settings.segmenter, capacity);
  const reader = createReader(cues, capacity);
  const { reading } = reader;

  const bagOf = (chars: number, caps: Caps): Uint8Array => {
    writeGrams(scanned);
    bags.fill(words, reading.marks, grams, caps);
    return bags.finish({
      facts: reading.facts,
      chars,
      hash: grams.hash,
      figures: words.figures,
      contentTokens: reading.contentTokens,
    });
  };

  const analysePrompt = (text: string): PromptFeatures => {
    scan(text);
    readWords(scanned);
    reader.read(scanned, words, text.length);
    return promptFrom(bagOf(text.length, promptCaps));
  };

  const analyseResponse = (text: string): ResponseFeatures => {
    scan(text);
    readWords(scanned);
    reader.skim(scanned, words);
    return responseFrom(bagOf(text.length, responseCaps));
  };

  return {
    identity: {
      text: version,
      idf: idf.id,
      lexicons: cues.ids,
      unicode: settings.unicode ?? "unnamed",
      segmenter: settings.segmenter?.id ?? "none",
      contained_at: containedAt,
      words_beyond_cue: wordsBeyondCue,
      clarify_words: clarifyWords,
      positive_chars: positiveChars,
    },
    prompt: analysePrompt,
    response: analyseResponse,
    match: (earlier, later) => matchOf(bags, bytesOf(earlier), bytesOf(later)),

    selfRepeat: (earlier, later) => {
      const { wordCosine, gramCosine } = bags.compare(bytesOf(earlier), bytesOf(later));
      return round((wordCosine + gramCosine) / 2);
    },

    category: (turn, { lastAsk, response, asksQuestion }) => {
      const bytes = bytesOf(turn);
      const found = factsOf(bytes);
      const corrects = (found & facts.strongCue) !== 0 || ((found & facts.weakCue) !== 0 && !asksQuestion);
      if (corrects) return (found & facts.beyondCue) !== 0 ? "correct-with" : "correct-without";
      const onTopic = (other: PromptFeatures | ResponseFeatures | null) =>
        other !== null && bags.sharesContent(bytes, bytesOf(other));
      if ((found & facts.clarifies) !== 0 && (onTopic(lastAsk) || onTopic(response))) return "clarify";
      return turn.positive ? "positive" : "neutral";
    },

    packPrompt: bytesOf,
    unpackPrompt: promptFrom,
    packResponse: bytesOf,
    unpackResponse: responseFrom,
  };
};
