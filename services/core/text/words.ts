// The words of a scanned text, as hashes: stemmed where the script has suffixes, split where it has no spaces.
import { ALIASED, type Cues } from "./cues.ts";
import { HASH_START, hashEnd, hashStep, wordCode } from "./hash.ts";
import type { Scanned } from "./scan.ts";
import { DIGIT, HAN_KANA, LATIN, SEPARATOR, SYMBOL, UNSPACED } from "./script.ts";
import { createStemmer } from "./stem.ts";

/** Splits a run of Thai, Lao, Khmer or Burmese into words; dictionary work that core cannot do itself. */
export interface Segmenter {
  /** Names implementation and version, e.g. "icu-77.1": it changes scores, so it goes into the identity. */
  readonly id: string;
  split(run: string): readonly string[];
}

/** The words of the last text read, in order; the arrays are reused by the next, larger ones by one of more words. */
export interface Words {
  count: number;
  /** Hash of the word as written (folded), for the lexicon; 0 for pairs of characters. */
  written: Uint32Array;
  /** Code of what it counts as: stem or alias. */
  codes: Int32Array;
  /** Node of the lexicon that the word alone leads to. */
  nodes: Int32Array;
  /** 0 for the pairs that Chinese and Japanese add beside their characters, which would count words twice. */
  counted: Uint8Array;
  /** Hash of the set of its numbers, 0 when there is none. 1 is not among them, because a word may or may not mean it: `one`. */
  figures: number;
  one: boolean;
}

export interface WordReader {
  readonly words: Words;
  readonly read: (scanned: Scanned) => void;
}

/** So many arguments a call may have, with a margin. */
const argumentsAtOnce = 4096;

const textOf = (points: Int32Array, start: number, end: number): string => {
  let text = "";
  for (let i = start; i < end; i += argumentsAtOnce)
    text += String.fromCodePoint(...points.subarray(i, Math.min(end, i + argumentsAtOnce)));
  return text;
};

interface Alias {
  readonly code: number;
  readonly digits: Int32Array | undefined;
}

const ZERO = 0x30;
const one = hashEnd(hashStep(HASH_START, ZERO + 1));

export const createWordReader = (cues: Cues, segmenter: Segmenter | undefined, capacity: number): WordReader => {
  const stem = createStemmer();
  let prefixes = new Int32Array(capacity + 1);
  const words: Words = {
    count: 0,
    written: new Uint32Array(capacity),
    codes: new Int32Array(capacity),
    nodes: new Int32Array(capacity),
    counted: new Uint8Array(capacity),
    figures: 0,
    one: false,
  };
  const seenFigures = new Set<number>();
  let count = 0;

  const grow = () => {
    const room = 2 * count;
    const { written, codes, nodes, counted } = words;
    (words.written = new Uint32Array(room)).set(written);
    (words.codes = new Int32Array(room)).set(codes);
    (words.nodes = new Int32Array(room)).set(nodes);
    (words.counted = new Uint8Array(room)).set(counted);
  };

  const push = (written: number, code: number, counted: boolean) => {
    if (count >= words.codes.length) grow();
    words.written[count] = written;
    words.codes[count] = code;
    words.nodes[count] = counted ? cues.step(0, written) : 0;
    words.counted[count] = counted ? 1 : 0;
    count += 1;
  };

  /** Code of the stem of points[start, end), whose prefix hashes are at hand. */
  const stemCode = (points: Int32Array, start: number, end: number): number => {
    const { keep, withI } = stem(points, start, end);
    const hash = prefixes[keep] ?? HASH_START;
    return wordCode(hashEnd(withI ? hashStep(hash, 0x69) : hash));
  };

  const hashPrefixes = (points: Int32Array, start: number, end: number): number => {
    if (end - start >= prefixes.length) prefixes = new Int32Array(end - start + 1);
    let hash = HASH_START;
    prefixes[0] = hash;
    for (let i = start; i < end; i += 1) {
      hash = hashStep(hash, points[i] ?? 0);
      prefixes[i - start + 1] = hash;
    }
    return hashEnd(hash);
  };

  const aliases = new Map<number, Alias>();
  for (const [word, meaning] of cues.aliases) {
    const points = Int32Array.from(meaning, (char) => char.codePointAt(0) ?? 0);
    hashPrefixes(points, 0, points.length);
    const digits = /^\d+$/.test(meaning) ? points : undefined;
    aliases.set(word, { code: stemCode(points, 0, points.length), digits });
  }

  /** Notes the number that the digits points[start, end) write. */
  const noteFigure = (points: Int32Array, start: number, end: number) => {
    let hash = HASH_START;
    for (let i = start; i < end; i += 1) hash = hashStep(hash, points[i] ?? 0);
    hash = hashEnd(hash);
    if (hash === one) {
      words.one = true;
      return;
    }
    if (seenFigures.has(hash)) return;
    seenFigures.add(hash);
    words.figures = (words.figures + (hashEnd(hash) | 1)) >>> 0;
  };

  /** "3pm" names the number that "3 pm" names, and "08:30" the hour that "8:30" names; but 1.05 is not 1.5, nor 0042 42. */
  const noteFigures = ({ points, kinds }: Scanned, start: number, end: number) => {
    for (let i = start; i < end; i += 1) {
      if (kinds[i] !== DIGIT) continue;
      const from = i;
      while (i < end && kinds[i] === DIGIT) i += 1;
      const isHour = from === start && i - from === 2 && points[from] === ZERO && kinds[start - 2] !== DIGIT;
      noteFigure(points, isHour ? from + 1 : from, i);
    }
  };

  const pushRun = (points: Int32Array, start: number, end: number, stems: boolean) => {
    const written = hashPrefixes(points, start, end);
    push(written, stems ? stemCode(points, start, end) : wordCode(written), true);
    const aliased = (cues.rolesAt(words.nodes[count - 1] ?? 0) & ALIASED) !== 0 ? aliases.get(written) : undefined;
    if (aliased === undefined) return;
    words.codes[count - 1] = aliased.code;
    if (aliased.digits !== undefined) noteFigure(aliased.digits, 0, aliased.digits.length);
  };

  /** Each character, and each pair of neighbours. */
  const pushCharacters = (points: Int32Array, start: number, end: number) => {
    for (let i = start; i < end; i += 1) {
      const single = hashEnd(hashStep(HASH_START, points[i] ?? 0));
      push(single, wordCode(single), true);
      if (i + 1 < end)
        push(0, wordCode(hashEnd(hashStep(hashStep(HASH_START, points[i] ?? 0), points[i + 1] ?? 0))), false);
    }
  };

  const pushUnspaced = (points: Int32Array, start: number, end: number) => {
    if (segmenter === undefined) return pushCharacters(points, start, end);
    for (const word of segmenter.split(textOf(points, start, end))) {
      const own = Int32Array.from(word, (char) => char.codePointAt(0) ?? 0);
      if (own.length > 0) pushRun(own, 0, own.length, false);
    }
  };

  const read = (scanned: Scanned) => {
    const { points, kinds, length } = scanned;
    count = 0;
    words.figures = 0;
    words.one = false;
    if (seenFigures.size > 0) seenFigures.clear();
    let i = 0;
    while (i < length) {
      const kind = kinds[i] ?? SEPARATOR;
      if (kind === SEPARATOR || kind === SYMBOL) {
        i += 1;
        continue;
      }
      const start = i;
      if (kind === HAN_KANA || kind === UNSPACED) {
        while (i < length && kinds[i] === kind) i += 1;
        if (kind === HAN_KANA) pushCharacters(points, start, i);
        else pushUnspaced(points, start, i);
        continue;
      }
      let latin = true;
      let number = false;
      for (let own = kind; i < length; i += 1, own = kinds[i] ?? SEPARATOR) {
        if (own === SEPARATOR || own === SYMBOL || own === HAN_KANA || own === UNSPACED) break;
        if (own === DIGIT) number = true;
        else if (own !== LATIN) latin = false;
      }
      pushRun(points, start, i, latin && !number);
      if (number) noteFigures(scanned, start, i);
    }
    words.count = count;
  };

  return { words, read };
};
