// The likeness of two asks by a plain implementation, to test the fast one against.
import { GRAM_BITS, gramCode, hashText, WORD_BITS } from "#core/text/hash.ts";
import { textsOf, unpackSteps } from "#core/text/idf.ts";
import { idfSeed } from "#core/text/idf-seed.generated.ts";

const wordSteps = unpackSteps(idfSeed.words, 2 ** WORD_BITS);
const gramSteps = unpackSteps(idfSeed.grams, 2 ** GRAM_BITS);
const isWord = (char: string) => /[\p{L}\p{M}\p{N}]/u.test(char);
const isHanKana = (char: string) => /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]/u.test(char) && /[\p{L}\p{M}]/u.test(char);
const isHangul = (char: string) => /\p{sc=Hangul}/u.test(char) && /[\p{L}\p{M}]/u.test(char);
const isUnspaced = (char: string) =>
  /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}]/u.test(char) && !/\p{N}/u.test(char);
const point = (char: string | undefined) => (char === undefined ? 0x110000 : (char.codePointAt(0) ?? 0));

const normalise = (text: string): string[] => {
  const kept = Array.from(text.normalize("NFKC").toLowerCase().normalize("NFKC").replaceAll("ς", "σ"), (char) =>
    isWord(char) || /\p{S}/u.test(char) ? char : " ",
  ).join("");
  const normalised = kept.replace(/ +/g, " ").trim();
  return normalised === "" ? [] : Array.from(` ${normalised} `);
};

const stem = (word: string): string => {
  if (word.length < 5 || !/^\p{sc=Latin}+$/u.test(word) || !/^\p{L}+$/u.test(word)) return word;
  let own = word;
  if (own.endsWith("ies")) return `${own.slice(0, -3)}i`;
  if (/(?:[sx]|z|ch|sh|ss)es$/.test(own) && own.length > 5 && /(?:[xzs]|[cs]h)es$/.test(own)) own = own.slice(0, -2);
  else if (/[^sui]s$/.test(own)) own = own.slice(0, -1);
  const cut = own.length > 5 && own.endsWith("ing") ? 3 : own.length >= 5 && own.endsWith("ed") ? 2 : 0;
  if (cut > 0 && /[aeiouy]/.test(own.slice(0, -cut))) {
    own = own.slice(0, -cut);
    if (own.length > 3 && /([bdfgmnprt])\1$/.test(own)) own = own.slice(0, -1);
  } else if (own.length >= 5 && own.endsWith("ly")) own = own.slice(0, -2);
  if (own.length > 3 && own.endsWith("e")) own = own.slice(0, -1);
  if (own.length > 3 && own.endsWith("y")) own = `${own.slice(0, -1)}i`;
  return own;
};

const wordsOf = (chars: readonly string[]): string[] => {
  const words: string[] = [];
  let run = "";
  const flush = () => {
    if (run !== "") words.push(run === "two" ? "2" : stem(run));
    run = "";
  };
  chars.forEach((char, i) => {
    const single = isHanKana(char) || isUnspaced(char);
    if (single || !isWord(char)) flush();
    if (single) {
      words.push(char);
      const next = chars[i + 1];
      const kind = isHanKana(char) ? isHanKana : isUnspaced;
      if (next !== undefined && kind(next)) words.push(char + next);
    } else if (isWord(char)) run += char;
  });
  flush();
  return words;
};

const gramsOf = (chars: readonly string[]): number[] =>
  chars.flatMap((char, i) => {
    const [a, b, c] = [char, chars[i + 1], chars[i + 2]];
    if (b === undefined) return [];
    const one = isHanKana(a) ? [gramCode(point(a), 0x110000, 0x110000)] : [];
    if ([a, b].some((x) => isHanKana(x) || isHangul(x))) return [...one, gramCode(point(a), point(b), 0x110000)];
    return c === undefined ? [] : [gramCode(point(a), point(b), point(c))];
  });

const hashOfPoints = (word: string) => hashText(word) >>> (32 - WORD_BITS);

const scriptOf = (chars: readonly string[]) => {
  const han = chars.filter(isHanKana).length;
  const hangul = chars.filter((char) => isHangul(char) && !isHanKana(char)).length;
  const rest = chars.filter(
    (char) => /[\p{L}\p{M}]/u.test(char) && !isHanKana(char) && !isHangul(char) && !isUnspaced(char),
  ).length;
  if (han > 0 && 3 * han >= 2 * hangul && 3 * han >= rest) return 2;
  return hangul > 0 && 2 * hangul >= rest ? 1 : 0;
};

const vector = (codes: readonly number[], steps: Uint8Array, texts: number) => {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return new Map(
    [...counts].map(([code, times]) => {
      const idf = Math.log(1 + (texts + 1) / (textsOf(steps[code] ?? 0) + 0.5));
      return [code, (1 + Math.log(Math.min(times, 15))) * idf] as const;
    }),
  );
};
const norm = (own: ReadonlyMap<number, number>): number => Math.hypot(...own.values());
const cosine = (a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number => {
  const dot = [...a].reduce((sum, [code, weight]) => sum + weight * (b.get(code) ?? 0), 0);
  return dot === 0 ? 0 : dot / (norm(a) * norm(b));
};

const features = (text: string) => {
  const chars = normalise(text);
  const texts = idfSeed.texts[scriptOf(chars)] ?? 0;
  return {
    words: vector(wordsOf(chars).map(hashOfPoints), wordSteps, texts),
    grams: vector(gramsOf(chars), gramSteps, texts),
  };
};

/** The score once more, by strings, maps and regular expressions; shares with the analyser only the hash functions and the table. */
export const plainLikeness = (a: string, b: string) => {
  const [x, y] = [features(a), features(b)];
  const grams = cosine(x.grams, y.grams);
  const words = x.words.size + y.words.size === 0 ? grams : cosine(x.words, y.words);
  return { score: (words + grams) / 2, words, grams };
};
