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
  numbers: Uint8Array;
  /** 0 for the pairs that Chinese and Japanese add beside their characters, which would count words twice. */
  counted: Uint8Array;
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
  readonly number: boolean;
}

export const createWordReader = (cues: Cues, segmenter: Segmenter | undefined, capacity: number): WordReader => {
  const stem = createStemmer();
  let prefixes = new Int32Array(capacity + 1);
  const words: Words = {
    count: 0,
    written: new Uint32Array(capacity),
    codes: new Int32Array(capacity),
    nodes: new Int32Array(capacity),
    numbers: new Uint8Array(capacity),
    counted: new Uint8Array(capacity),
  };
  let count = 0;

  const grow = () => {
    const room = 2 * count;
    const { written, codes, nodes, numbers, counted } = words;
    (words.written = new Uint32Array(room)).set(written);
    (words.codes = new Int32Array(room)).set(codes);
    (words.nodes = new Int32Array(room)).set(nodes);
    (words.numbers = new Uint8Array(room)).set(numbers);
    (words.counted = new Uint8Array(room)).set(counted);
  };

  const push = (written: number, code: number, number: boolean, counted: boolean) => {
    if (count >= words.codes.length) grow();
    words.written[count] = written;
    words.codes[count] = code;
    words.nodes[count] = counted ? cues.step(0, written) : 0;
    words.numbers[count] = number ? 1 : 0;
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
    aliases.set(word, { code: stemCode(points, 0, points.length), number: /^\d+$/.test(meaning) });
  }

  const pushRun = (points: Int32Array, start: number, end: number, latin: boolean, number: boolean) => {
    const written = hashPrefixes(points, start, end);
    push(written, latin && !number ? stemCode(points, start, end) : wordCode(written), number, true);
    const aliased = (cues.rolesAt(words.nodes[count - 1] ?? 0) & ALIASED) !== 0 ? aliases.get(written) : undefined;
    if (aliased === undefined) return;
    words.codes[count - 1] = aliased.code;
    words.numbers[count - 1] = aliased.number ? 1 : 0;
  };

  /** Each character, and each pair of neighbours. */
  const pushCharacters = (points: Int32Array, start: number, end: number) => {
    for (let i = start; i < end; i += 1) {
      const one = hashEnd(hashStep(HASH_START, points[i] ?? 0));
      push(one, wordCode(one), false, true);
      if (i + 1 < end)
        push(0, wordCode(hashEnd(hashStep(hashStep(HASH_START, points[i] ?? 0), points[i + 1] ?? 0))), false, false);
    }
  };

  const pushUnspaced = (points: Int32Array, start: number, end: number) => {
    if (segmenter === undefined) return pushCharacters(points, start, end);
    for (const word of segmenter.split(textOf(points, start, end))) {
      const own = Int32Array.from(word, (char) => char.codePointAt(0) ?? 0);
      if (own.length > 0) pushRun(own, 0, own.length, false, false);
    }
  };

  const read = ({ points, kinds, length }: Scanned) => {
    count = 0;
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
      pushRun(points, start, i, latin, number);
    }
    words.count = count;
  };

  return { words, read };
};
