// From text to normalised characters: NFKC, lower case, punctuation to single spaces, one leading and one trailing space.
import {
  createCharacters,
  fold,
  HAN_KANA,
  HANGUL,
  LATIN,
  LETTER,
  NEEDS_CONTEXT,
  QUESTION,
  SEPARATOR,
  UNKNOWN,
} from "./script.ts";

/** Which idf total a text is weighed with, by the script most of its letters are in. */
export const scripts = { other: 0, hangul: 1, hanKana: 2 } as const;
export type Script = (typeof scripts)[keyof typeof scripts];

/** What is known of a text after one pass; the buffers are reused by the next scan, larger ones by a longer text. */
export interface Scanned {
  /** Code points of `" " + normalised + " "`; 1 long for a text without words or symbols. */
  points: Int32Array;
  kinds: Uint8Array;
  length: number;
  /** The kinds that occur, as bits. */
  kindsSeen: number;
  script: Script;
  /** A question mark stands somewhere. */
  asks: boolean;
  /** The last character, quotes and brackets aside, is a question mark. */
  endsAsking: boolean;
}

const SPACE = 0x20;
/** Kinds whose character groups are not trigrams. */
export const eastAsian = (1 << HAN_KANA) | (1 << HANGUL);
const closing = new Set([
  ..."\"')]}*_`~»”’」』）".split("").map((char) => char.charCodeAt(0)),
  SPACE,
  0x0a,
  0x0d,
  0x09,
]);

export interface Scanner {
  readonly scanned: Scanned;
  readonly scan: (text: string) => void;
}

/** Buffers have room for texts of `capacity` characters at first, and grow with the longest text seen. */
export const createScanner = (capacity: number): Scanner => {
  const { kinds: kindOf, folds, learn, kindOfPoint } = createCharacters();
  // Two for the spaces at the ends.
  const scanned: Scanned = {
    points: new Int32Array(capacity + 2),
    kinds: new Uint8Array(capacity + 2),
    length: 0,
    kindsSeen: 0,
    script: 0,
    asks: false,
    endsAsking: false,
  };

  const reserve = (chars: number) => {
    if (chars + 2 <= scanned.points.length) return;
    scanned.points = new Int32Array(chars + 2);
    scanned.kinds = new Uint8Array(chars + 2);
  };

  /** Unit by unit, without building a string; -1 where a character depends on its neighbours, else the length. */
  const scanUnits = (text: string): number => {
    reserve(text.length);
    const { points, kinds } = scanned;
    let length = 1;
    let gap = false;
    let seen = 0;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      let kind = kindOf[unit] ?? SEPARATOR;
      if (kind === UNKNOWN) kind = learn(unit);
      if (kind >= NEEDS_CONTEXT) return -1;
      seen |= 1 << kind;
      if (kind === SEPARATOR || kind === QUESTION) {
        gap = true;
        continue;
      }
      if (gap && length > 1) {
        points[length] = SPACE;
        kinds[length] = SEPARATOR;
        length += 1;
      }
      gap = false;
      points[length] = folds[unit] ?? unit;
      kinds[length] = kind;
      length += 1;
    }
    scanned.kindsSeen = seen;
    return length;
  };

  /** The same by code points of the normalised text. */
  const scanPoints = (text: string): number => {
    const folded = fold(text);
    reserve(folded.length);
    const { points, kinds } = scanned;
    let length = 1;
    let gap = false;
    scanned.kindsSeen = 0;
    for (const char of folded) {
      const point = char.codePointAt(0) ?? SPACE;
      const kind = kindOfPoint(point);
      scanned.kindsSeen |= 1 << kind;
      if (kind === SEPARATOR || kind === QUESTION) {
        gap = true;
        continue;
      }
      if (gap && length > 1) {
        points[length] = SPACE;
        kinds[length] = SEPARATOR;
        length += 1;
      }
      gap = false;
      points[length] = point;
      kinds[length] = kind;
      length += 1;
    }
    return length;
  };

  const scriptOf = (): Script => {
    if ((scanned.kindsSeen & eastAsian) === 0) return scripts.other;
    let hanKana = 0;
    let hangul = 0;
    let rest = 0;
    const { kinds } = scanned;
    for (let i = 0; i < scanned.length; i += 1) {
      const kind = kinds[i] ?? SEPARATOR;
      if (kind === HAN_KANA) hanKana += 1;
      else if (kind === HANGUL) hangul += 1;
      else if (kind === LATIN || kind === LETTER) rest += 1;
    }
    // One Han character says about as much as three Latin letters, a Hangul syllable as two.
    if (hanKana > 0 && 3 * hanKana >= 2 * hangul && 3 * hanKana >= rest) return scripts.hanKana;
    return hangul > 0 && 2 * hangul >= rest ? scripts.hangul : scripts.other;
  };

  const endsAsking = (text: string): boolean => {
    let last = text.length - 1;
    while (last >= 0 && closing.has(text.charCodeAt(last))) last -= 1;
    return last >= 0 && kindOfPoint(text.charCodeAt(last)) === QUESTION;
  };

  const scan = (text: string) => {
    let length = scanUnits(text);
    if (length < 0) length = scanPoints(text);
    const { points, kinds } = scanned;
    points[0] = SPACE;
    kinds[0] = SEPARATOR;
    if (length > 1) {
      points[length] = SPACE;
      kinds[length] = SEPARATOR;
      length += 1;
    }
    scanned.length = length;
    scanned.script = scriptOf();
    scanned.asks = (scanned.kindsSeen & (1 << QUESTION)) !== 0;
    scanned.endsAsking = scanned.asks && endsAsking(text);
  };

  return { scanned, scan };
};
