// What each character is to the analyser (separator, letter of which script, digit …) and its folded form, found once and kept.

/** Kinds of characters. Numbers, not names, because they are read from a byte table per character. */
export const SEPARATOR = 0;
export const SYMBOL = 1;
export const LATIN = 2;
export const DIGIT = 3;
export const HAN_KANA = 4;
export const HANGUL = 5;
/** Thai, Lao, Khmer, Burmese: scripts written without spaces between words. */
export const UNSPACED = 6;
/** Every other letter, and marks, without which Devanagari loses its vowels. */
export const LETTER = 7;
/** A separator that asks. */
export const QUESTION = 8;

/** Set on characters whose folded form depends on their neighbours, so that the whole text must be normalised first. */
export const NEEDS_CONTEXT = 0x80;
export const UNKNOWN = 0xff;

const hanKana = /^[\p{Script_Extensions=Han}\p{Script_Extensions=Hiragana}\p{Script_Extensions=Katakana}]$/u;
const unspaced = /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const jamo = /^[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]$/u;

/** Marks, and the two halfwidth signs that become marks: what canonical ordering sorts. */
const marked = /.?[\p{M}\uff9e\uff9f]+/gsu;
const longRun = 500;

/** The characters of a run, its marks once each and sorted: the same for whatever writes the same. */
const tame = (run: string): string => {
  if (run.length < longRun) return run;
  const chars = Array.from(run).flatMap((char) => Array.from(char.normalize("NFKD")));
  const marks = new Set(chars.filter((char) => /^\p{M}$/u.test(char)));
  return [...chars.filter((char) => !marks.has(char)), ...[...marks].toSorted()].join("");
};

/** Ordering a run of n marks takes n² steps: 65,536 pairs of them held a thread for 4 s. No writing has runs of hundreds. */
const tameMarks = (text: string): string => (text.length < longRun ? text : text.replace(marked, tame));

/**
 * NFKC and lower case. Once more NFKC, because a small letter may have a composed form where the capital has none (J̌, ǰ), and one
 * small sigma, because which one a capital becomes depends on its place and on the marks around it.
 */
export const fold = (text: string): string =>
  tameMarks(text).normalize("NFKC").toLowerCase().normalize("NFKC").replaceAll("ς", "σ");

const kindOfChar = (char: string): number => {
  if (/^[?\uff1f\u061f\u037e\u203d]$/u.test(char)) return QUESTION;
  if (/^\p{N}$/u.test(char)) return DIGIT;
  if (/^[\p{L}\p{M}]$/u.test(char)) {
    if (/^\p{Script=Latin}$/u.test(char)) return LATIN;
    if (hanKana.test(char)) return HAN_KANA;
    if (/^\p{Script=Hangul}$/u.test(char)) return HANGUL;
    return unspaced.test(char) ? UNSPACED : LETTER;
  }
  return /^\p{S}$/u.test(char) ? SYMBOL : SEPARATOR;
};

/**
 * What is known of the 65,536 UTF-16 units: read `kinds` first and `learn` what is UNKNOWN there. Filling all at once takes 50 ms.
 * Arrays rather than functions, because they are read per character.
 */
export interface Characters {
  /** Kind, with NEEDS_CONTEXT where `folds` may not be used. */
  readonly kinds: Uint8Array;
  /** The unit in NFKC and lower case. */
  readonly folds: Uint16Array;
  /** Fills in a unit and returns its kind. */
  readonly learn: (unit: number) => number;
  /** Kind of a code point of a text that is normalised already. */
  readonly kindOfPoint: (point: number) => number;
}

export const createCharacters = (): Characters => {
  const kinds = new Uint8Array(0x10000).fill(UNKNOWN);
  const folds = new Uint16Array(0x10000);

  const learn = (unit: number): number => {
    const char = String.fromCharCode(unit);
    const folded = fold(char);
    const own = kindOfChar(char);
    // Jamo (ㄱㅏ is 가) and marks join their neighbours, surrogates are halves.
    const joins = /^\p{M}/u.test(folded) || /^\p{M}$/u.test(char) || jamo.test(char) || jamo.test(folded);
    const surrogate = unit >= 0xd800 && unit <= 0xdfff;
    const separates = Array.from(folded).every((part) => kindOfChar(part) === SEPARATOR);
    const known =
      separates && !surrogate
        ? own
        : joins || surrogate || folded.length !== 1
          ? own | NEEDS_CONTEXT
          : kindOfChar(folded);
    kinds[unit] = known;
    folds[unit] = folded.charCodeAt(0);
    return known;
  };

  const kindOfPoint = (point: number): number => {
    if (point >= 0x10000) return kindOfChar(String.fromCodePoint(point));
    const kind = kinds[point] ?? UNKNOWN;
    return (kind === UNKNOWN ? learn(point) : kind) & ~NEEDS_CONTEXT;
  };

  return { kinds, folds, learn, kindOfPoint };
};
