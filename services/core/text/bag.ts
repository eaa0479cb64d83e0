// A text as bytes: how often which word and character-group codes occur, their norms, and a header of facts. All that state keeps of it.
import { GRAM_BITS, type Keyed, open, seal, WORD_BITS } from "./hash.ts";
import type { Idf } from "./idf.ts";
import type { Script } from "./scan.ts";
import { hasWord, MAX_TOPIC_BYTES, noteWord, topicSize } from "./topic.ts";
import { createVocabulary, MAX_COUNT, type Most, placeOf } from "./vocabulary.ts";

/**
 * Layout, little-endian; an ask of 11 words and 50 trigrams takes 160 bytes:
 *
 *   0 facts (24 bits)   3 levels (words, grams: 4 bits each)   4 characters (24 bits)   7 keyed hash of the whole normalised text
 *  11 word norm  15 gram norm  19 idf total of the words (float32)   23 content words   24 words   26 grams that occur once   28 words …
 *
 * A word is 23 bits: code 18, count 4, content 1. A gram that occurs once is its 16-bit code, one that occurs
 * more often (they stand after those) code and count. At the end, where an ask has numbers, 4 bytes: keyed hash of their set. It
 * is of all of them, sampled or not: one number more or less decides whether an ask is another one. Behind that, where words are
 * left out, the filter of all content words (topic.ts) and a byte for its size. Unsorted fixed-width codes beat sorted delta-varints: as small, and nothing to sort or decode.
 */
const HEADER = 28;
const WORD_MASK = 2 ** WORD_BITS - 1;
/** What is said of a word beside its code: it carries content. */
export const CONTENT = 1;

/** Facts as bits of the header, beside the script (two lowest). */
export const facts = {
  positive: 4,
  asksPerson: 8,
  asksQuestion: 16,
  strongCue: 32,
  weakCue: 64,
  beyondCue: 128,
  clarifies: 256,
  negation: 512,
  hasText: 1024,
  /** Names numbers other than 1; names 1; has a word that may mean 1. */
  figures: 2048,
  one: 4096,
  perhapsOne: 8192,
  /** Its words are a sample, beside a filter of all that carry content. */
  topic: 16384,
} as const;
export const scriptMask = 3;

/** How many distinct codes of a text are kept; beyond, a sample of them (vocabulary.ts) stands for all. */
export interface Caps {
  readonly words: Most;
  readonly grams: Most;
}

/** What the header says beside the codes. */
export interface Header {
  readonly facts: number;
  readonly chars: number;
  readonly hash: number;
  readonly figures: number;
  readonly contentTokens: number;
}

export const factsOf = (bytes: Uint8Array): number =>
  (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
export const charsOf = (bytes: Uint8Array): number =>
  (bytes[4] ?? 0) | ((bytes[5] ?? 0) << 8) | ((bytes[6] ?? 0) << 16);
export const contentTokensOf = (bytes: Uint8Array): number => bytes[23] ?? 0;
const put = (bytes: Uint8Array, at: number, value: number, width: number) => {
  for (let i = 0; i < width; i += 1) bytes[at + i] = (value >>> (8 * i)) & 0xff;
};
const uint32At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;

/** Of the filter, as a power of two; -1: none. */
const topicSizeOf = (bytes: Uint8Array): number =>
  (factsOf(bytes) & facts.topic) === 0 ? -1 : (bytes[bytes.length - 1] ?? 0);
const topicStart = (bytes: Uint8Array): number => {
  const size = topicSizeOf(bytes);
  return size < 0 ? bytes.length : bytes.length - 1 - 2 ** size;
};
const FIGURES = 4;
/** Behind the character groups; most texts end there. */
const gramsEnd = (bytes: Uint8Array): number => {
  const own = factsOf(bytes);
  if ((own & (facts.figures | facts.topic)) === 0) return bytes.length;
  return topicStart(bytes) - ((own & facts.figures) === 0 ? 0 : FIGURES);
};
/** Keyed hash of the numbers other than 1. */
const figuresOf = (bytes: Uint8Array): number =>
  (factsOf(bytes) & facts.figures) === 0 ? 0 : uint32At(bytes, gramsEnd(bytes));

/** Whether one names a number that the other does not. */
const numbersDiffer = (a: Uint8Array, b: Uint8Array): boolean => {
  const inA = factsOf(a);
  const inB = factsOf(b);
  if (((inA | inB) & (facts.figures | facts.one)) === 0) return false;
  if (((inA ^ inB) & facts.figures) !== 0 || figuresOf(a) !== figuresOf(b)) return true;
  const either = facts.one | facts.perhapsOne;
  return ((inA & facts.one) !== 0 && (inB & either) === 0) || ((inB & facts.one) !== 0 && (inA & either) === 0);
};

/** What two texts have in common, before it is judged. */
export interface Overlap {
  wordCosine: number;
  gramCosine: number;
  /** idf weight of the words both have ÷ that of the text with less of it. */
  containment: number;
  equal: boolean;
  /** Content words, and content words both have. */
  earlierContent: number;
  laterContent: number;
  sharedContent: number;
  numberMismatch: boolean;
}

interface Codes {
  readonly codes: Int32Array;
  readonly count: number;
}

export interface Bags {
  /** A text's words, each marked CONTENT or 0, and its character groups. */
  fill(words: Codes, marks: Uint8Array, grams: Codes, caps: Caps): void;
  finish(header: Header): Uint8Array;
  /** The result is reused by the next call. */
  compare(earlier: Uint8Array, later: Uint8Array): Overlap;
  sharesContent(turn: Uint8Array, other: Uint8Array): boolean;
}

export interface BagKeys {
  readonly words: Keyed;
  readonly grams: Keyed;
  /** Of the hash of a whole text. */
  readonly texts: Keyed;
}

const chunkBytes = 2 ** 16;

export const createBags = (idf: Idf, keyed: BagKeys): Bags => {
  const tf = Float64Array.from({ length: MAX_COUNT + 1 }, (_, times) => (times < 2 ? 1 : 1 + Math.log(times)));
  const words = createVocabulary(WORD_BITS, keyed.words, idf.words, idf.weights, tf);
  const grams = createVocabulary(GRAM_BITS, keyed.grams, idf.grams, idf.weights, tf);
  let unmarked = new Uint8Array(2 ** 15);
  /** The filter of the text at hand; size -1: it has none. */
  const topic = new Uint8Array(MAX_TOPIC_BYTES);
  let size = -1;
  const float = new Float32Array(1);
  const floatBits = new Uint32Array(float.buffer);
  /** The text whose codes the vocabularies hold. */
  let loaded: Uint8Array | undefined;
  const overlap: Overlap = {
    wordCosine: 0,
    gramCosine: 0,
    containment: 0,
    equal: false,
    earlierContent: 0,
    laterContent: 0,
    sharedContent: 0,
    numberMismatch: false,
  };

  const putFloat = (bytes: Uint8Array, at: number, value: number) => {
    float[0] = value;
    put(bytes, at, floatBits[0] ?? 0, 4);
  };
  const floatAt = (bytes: Uint8Array, at: number): number => {
    floatBits[0] = uint32At(bytes, at);
    return float[0] ?? 0;
  };

  /** A view on a chunk costs 25 ns, an array of its own 220; texts of one time are forgotten at one time, and their chunk with them. */
  let chunk = new Uint8Array(chunkBytes);
  let taken = 0;
  const take = (length: number): Uint8Array => {
    if (taken + length > chunk.length) {
      chunk = new Uint8Array(Math.max(chunkBytes, length));
      taken = 0;
    }
    taken += length;
    return chunk.subarray(taken - length, taken);
  };

  const finish = (header: Header): Uint8Array => {
    const script = (header.facts & scriptMask) as Script;
    words.weigh(script);
    grams.weigh(script);
    let repeated = 0;
    for (let i = 0; i < grams.count; i += 1) if ((grams.counts[i] ?? 1) > 1) repeated += 1;
    const once = grams.count - repeated;
    const gramsAt = HEADER + 3 * words.count;
    const figuresAt = gramsAt + 2 * once + 3 * repeated;
    const topicAt = figuresAt + ((header.facts & facts.figures) === 0 ? 0 : FIGURES);
    const bytes = take(topicAt + (size < 0 ? 0 : 2 ** size + 1));
    put(bytes, 0, size < 0 ? header.facts & ~facts.topic : header.facts | facts.topic, 3);
    bytes[3] = words.level | (grams.level << 4);
    put(bytes, 4, Math.min(header.chars, 0xffffff), 3);
    put(bytes, 7, seal(keyed.texts, header.hash), 4);
    putFloat(bytes, 11, words.norm);
    putFloat(bytes, 15, grams.norm);
    putFloat(bytes, 19, words.total);
    bytes[23] = Math.min(header.contentTokens, 255);
    put(bytes, 24, words.count, 2);
    put(bytes, 26, once, 2);

    let at = HEADER;
    for (let i = 0; i < words.count; i += 1) {
      const times = Math.min(words.counts[i] ?? 1, MAX_COUNT);
      const word = (words.codes[i] ?? 0) | (times << 18) | ((words.marks[i] ?? 0) << 22);
      bytes[at] = word & 0xff;
      bytes[at + 1] = (word >>> 8) & 0xff;
      bytes[at + 2] = (word >>> 16) & 0xff;
      at += 3;
    }
    let more = gramsAt + 2 * once;
    for (let i = 0; i < grams.count; i += 1) {
      const code = grams.codes[i] ?? 0;
      const times = grams.counts[i] ?? 1;
      const place = times > 1 ? more : at;
      bytes[place] = code & 0xff;
      bytes[place + 1] = code >>> 8;
      if (times > 1) {
        bytes[more + 2] = Math.min(times, MAX_COUNT);
        more += 3;
      } else at += 2;
    }
    if (figuresAt < topicAt) put(bytes, figuresAt, seal(keyed.texts, header.figures), FIGURES);
    if (size >= 0) {
      bytes.set(topic.subarray(0, 2 ** size), topicAt);
      bytes[bytes.length - 1] = size;
    }
    loaded = bytes;
    return bytes;
  };

  /** Puts a text's codes back into the vocabularies, thinned to at least these levels. */
  const load = (bytes: Uint8Array, wordLevel: number, gramLevel: number) => {
    const levels = bytes[3] ?? 0;
    size = -1;
    words.reset(Math.max(wordLevel, levels & 15));
    grams.reset(Math.max(gramLevel, levels >> 4));
    const wordsEnd = HEADER + 3 * ((bytes[24] ?? 0) | ((bytes[25] ?? 0) << 8));
    for (let at = HEADER; at < wordsEnd; at += 3) {
      const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
      words.add(open(keyed.words, word & WORD_MASK), word >>> 22, (word >>> 18) & 15);
    }
    const onceEnd = wordsEnd + 2 * ((bytes[26] ?? 0) | ((bytes[27] ?? 0) << 8));
    const end = gramsEnd(bytes);
    for (let at = wordsEnd; at < end; ) {
      const code = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      const again = at >= onceEnd;
      grams.add(open(keyed.grams, code), 0, again ? (bytes[at + 2] ?? 1) : 1);
      at += again ? 3 : 2;
    }
    const script = (factsOf(bytes) & scriptMask) as Script;
    words.weigh(script);
    grams.weigh(script);
    loaded = bytes;
  };

  const thinned = (bytes: Uint8Array, wordLevel: number, gramLevel: number): Uint8Array => {
    load(bytes, wordLevel, gramLevel);
    return finish({
      facts: factsOf(bytes),
      chars: charsOf(bytes),
      hash: open(keyed.texts, uint32At(bytes, 7)),
      figures: open(keyed.texts, figuresOf(bytes)),
      contentTokens: contentTokensOf(bytes),
    });
  };

  const compare = (earlierBytes: Uint8Array, laterBytes: Uint8Array): Overlap => {
    let earlier = earlierBytes;
    let later = laterBytes;
    if (earlier[3] !== later[3]) {
      // Samples of different density: both are thinned to the sparser one.
      const a = earlier[3] ?? 0;
      const b = later[3] ?? 0;
      const wordLevel = Math.max(a & 15, b & 15);
      const gramLevel = Math.max(a >> 4, b >> 4);
      earlier = thinned(earlier, wordLevel, gramLevel);
      later = thinned(later, wordLevel, gramLevel);
    }
    if (later !== loaded) load(later, 0, 0);
    const offset = (factsOf(earlier) & scriptMask) * 256;
    const wordsEnd = HEADER + 3 * ((earlier[24] ?? 0) | ((earlier[25] ?? 0) << 8));
    const onceEnd = wordsEnd + 2 * ((earlier[26] ?? 0) | ((earlier[27] ?? 0) << 8));

    const { weights } = idf;
    let dot = 0;
    let shared = 0;
    let sharedContent = 0;
    let earlierContent = 0;
    let at = HEADER;
    for (; at < wordsEnd; at += 3) {
      const word = (earlier[at] ?? 0) | ((earlier[at + 1] ?? 0) << 8) | ((earlier[at + 2] ?? 0) << 16);
      const content = word >>> 22;
      earlierContent += content;
      const code = word & WORD_MASK;
      const place = placeOf(words.slots, words.codes, words.base, code);
      if (place < 0) continue;
      const rarity = weights[offset + (idf.words[code] ?? 0)] ?? 0;
      dot += (tf[(word >>> 18) & 15] ?? 1) * rarity * (words.weights[place] ?? 0);
      shared += rarity;
      sharedContent += content;
    }

    const { slots, codes, base } = grams;
    const steps = idf.grams;
    const gramWeights = grams.weights;
    let gramDot = 0;
    for (; at < onceEnd; at += 2) {
      const code = (earlier[at] ?? 0) | ((earlier[at + 1] ?? 0) << 8);
      const place = placeOf(slots, codes, base, code);
      if (place >= 0) gramDot += (weights[offset + (steps[code] ?? 0)] ?? 0) * (gramWeights[place] ?? 0);
    }
    const end = gramsEnd(earlier);
    for (; at < end; at += 3) {
      const code = (earlier[at] ?? 0) | ((earlier[at + 1] ?? 0) << 8);
      const place = placeOf(slots, codes, base, code);
      if (place < 0) continue;
      const weight = (tf[earlier[at + 2] ?? 1] ?? 1) * (weights[offset + (steps[code] ?? 0)] ?? 0);
      gramDot += weight * (gramWeights[place] ?? 0);
    }

    let laterContent = 0;
    for (let i = 0; i < words.count; i += 1) laterContent += words.marks[i] ?? 0;

    const gramNorms = floatAt(earlier, 15) * floatAt(later, 15);
    const wordNorms = floatAt(earlier, 11) * floatAt(later, 11);
    overlap.gramCosine = gramNorms > 0 ? Math.min(1, gramDot / gramNorms) : 0;
    overlap.wordCosine = wordNorms > 0 ? Math.min(1, dot / wordNorms) : 0;
    const least = Math.min(floatAt(earlier, 19), floatAt(later, 19));
    overlap.containment = least > 0 ? Math.min(1, shared / least) : 0;
    overlap.equal =
      uint32At(earlier, 7) === uint32At(later, 7) && (factsOf(earlier) & factsOf(later) & facts.hasText) !== 0;
    // Neither has a word (emoji, symbols): the characters decide alone.
    if (words.count === 0 && wordsEnd === HEADER) overlap.wordCosine = overlap.gramCosine;
    overlap.earlierContent = earlierContent;
    overlap.laterContent = laterContent;
    overlap.sharedContent = sharedContent;
    overlap.numberMismatch = numbersDiffer(earlier, later);
    return overlap;
  };

  /** Where words are left out, all that carry content go into the filter; the sample says about how many there are. */
  const fillTopic = ({ codes, count }: Codes, marks: Uint8Array) => {
    size = -1;
    if (words.level === 0) return;
    let sampled = 0;
    for (let i = 0; i < words.count; i += 1) sampled += words.marks[i] ?? 0;
    size = topicSize(sampled * 2 ** words.level);
    if (size < 0) return;
    topic.fill(0, 0, 2 ** size);
    for (let i = 0; i < count; i += 1)
      if (marks[i] === CONTENT) noteWord(topic, 0, size, seal(keyed.words, codes[i] ?? 0));
  };

  const sharesContent = (turn: Uint8Array, other: Uint8Array): boolean => {
    if (turn !== loaded) load(turn, 0, 0);
    const sizeOfOther = topicSizeOf(other);
    if (sizeOfOther >= 0) {
      const start = topicStart(other);
      for (let i = 0; i < words.count; i += 1)
        if (words.marks[i] === CONTENT && hasWord(other, start, sizeOfOther, words.codes[i] ?? 0)) return true;
      return false;
    }
    const wordsEnd = HEADER + 3 * ((other[24] ?? 0) | ((other[25] ?? 0) << 8));
    for (let at = HEADER; at < wordsEnd; at += 3) {
      const word = (other[at] ?? 0) | ((other[at + 1] ?? 0) << 8) | ((other[at + 2] ?? 0) << 16);
      if (word >>> 22 === CONTENT && placeOf(words.slots, words.codes, words.base, word & WORD_MASK) >= 0) return true;
    }
    return false;
  };

  return {
    fill: (wordCodes, marks, gramCodes, caps) => {
      loaded = undefined;
      if (gramCodes.count > unmarked.length) unmarked = new Uint8Array(gramCodes.count);
      words.addAll(wordCodes.codes, wordCodes.count, marks, caps.words);
      grams.addAll(gramCodes.codes, gramCodes.count, unmarked, caps.grams);
      fillTopic(wordCodes, marks);
    },
    finish,
    compare,
    sharesContent,
  };
};
