// From text to normalised characters: NFKC, lower case, punctuation to single spaces, one leading and one trailing space.
import { createCharacters, HAN_KANA, HANGUL, LATIN, LETTER, NEEDS_CONTEXT, SEPARATOR } from "./script.ts";

/** Which idf total a text is weighed with, by the script most of its letters are in. */
export const scripts = { other: 0, hangul: 1, hanKana: 2 } as const;
export type Script = (typeof scripts)[keyof typeof scripts];

/** What is known of a text after one pass; the buffers are reused by the next scan. */
export interface Scanned {
  /** Code points of `" " + normalised + " "`; 1 long for a text without words or symbols. */
  readonly points: Int32Array;
  readonly kinds: Uint8Array;
  length: number;
  script: Script;
  /** A question mark stands somewhere. */
  asks: boolean;
  /** The last character, quotes and brackets aside, is a question mark. */
  endsAsking: boolean;
}

const SPACE = 0x20;
const questionMarks = new Set([0x3f, 0xff1f, 0x061f, 0x037e, 0x203d]);
const closing = new Set([
  ..."\"')]}*_`~»”’」』）".split("").map((char) => char.charCodeAt(0)),
  SPACE,
  0x0a,
  0x0d,
  0x09,
]);

/** The part of a text that is looked at: a pasted document must cost no more than a long question. */
export const bounded = (text: string, head: number, tail: number): string =>
  text.length <= head + tail ? text : `${text.slice(0, head)} ${text.slice(-tail)}`;

export interface Scanner {
  readonly scanned: Scanned;
  readonly scan: (text: string) => void;
}

export const createScanner = (capacity: number): Scanner => {
  const characters = createCharacters();
  const points = new Int32Array(capacity + 2);
  const kinds = new Uint8Array(capacity + 2);
  const letters = new Int32Array(8);
  const scanned: Scanned = { points, kinds, length: 0, script: 0, asks: false, endsAsking: false };
  let length = 0;
  let gap = false;

  const restart = () => {
    letters.fill(0);
    points[0] = SPACE;
    kinds[0] = SEPARATOR;
    length = 1;
    gap = false;
    scanned.asks = false;
  };

  const put = (point: number, kind: number) => {
    if (kind === SEPARATOR) {
      gap = true;
      if (questionMarks.has(point)) scanned.asks = true;
      return;
    }
    if (length >= capacity) return;
    if (gap && length > 1) {
      points[length] = SPACE;
      kinds[length] = SEPARATOR;
      length += 1;
    }
    gap = false;
    letters[kind] = (letters[kind] ?? 0) + 1;
    points[length] = point;
    kinds[length] = kind;
    length += 1;
  };

  /** Unit by unit, without building a string; false where a character depends on its neighbours. */
  const scanUnits = (text: string): boolean => {
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      const kind = characters.kindOfUnit(unit);
      if ((kind & NEEDS_CONTEXT) !== 0) return false;
      if (kind === SEPARATOR) put(unit, SEPARATOR);
      else put(characters.foldUnit(unit), kind);
    }
    return true;
  };

  const scanPoints = (text: string) => {
    for (const char of text.normalize("NFKC").toLowerCase()) {
      const point = char.codePointAt(0) ?? SPACE;
      put(point, characters.kindOfPoint(point));
    }
  };

  const scriptOf = (): Script => {
    const hanKana = letters[HAN_KANA] ?? 0;
    const hangul = letters[HANGUL] ?? 0;
    const rest = (letters[LATIN] ?? 0) + (letters[LETTER] ?? 0);
    // One Han character says about as much as three Latin letters, a Hangul syllable as two.
    if (hanKana > 0 && 3 * hanKana >= 2 * hangul && 3 * hanKana >= rest) return scripts.hanKana;
    return hangul > 0 && 2 * hangul >= rest ? scripts.hangul : scripts.other;
  };

  const endsAsking = (text: string): boolean => {
    let last = text.length - 1;
    while (last >= 0 && closing.has(text.charCodeAt(last))) last -= 1;
    return last >= 0 && questionMarks.has(text.charCodeAt(last));
  };

  const scan = (text: string) => {
    restart();
    if (!scanUnits(text)) {
      restart();
      scanPoints(text);
    }
    if (length > 1) {
      points[length] = SPACE;
      kinds[length] = SEPARATOR;
      length += 1;
    }
    scanned.length = length;
    scanned.script = scriptOf();
    scanned.endsAsking = endsAsking(text);
  };

  return { scanned, scan };
};
