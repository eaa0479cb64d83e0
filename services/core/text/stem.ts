// A light suffix stem for Latin-script words: plurals, -ing, -ed, -ly, a final e or y. Works on hashes of prefixes, builds no string.

/** How much of a word is kept, and whether an "i" stands for what followed ("ponies", "pony": "pon" + "i"). */
export interface Stem {
  keep: number;
  withI: boolean;
}

const SHORTEST = 5;
const [A, D, E, G, H, I, L, N, O, S, U, X, Y, Z, C] = Array.from("adeghilnosuxyzc", (char) => char.charCodeAt(0));
const doubling = new Set(Array.from("bdfgmnprt", (char) => char.charCodeAt(0)));
const vowels = new Set([A, E, I, O, U, Y]);

export type Stemmer = (points: Int32Array, start: number, end: number) => Stem;

const isCOrS = (point: number | undefined): boolean => point === C || point === S;

const hasVowel = (points: Int32Array, start: number, end: number): boolean => {
  for (let i = start; i < end; i += 1) if (vowels.has(points[i])) return true;
  return false;
};

export const createStemmer = (): Stemmer => {
  const stem: Stem = { keep: 0, withI: false };

  /** End of the singular; `ies` counts as `y`, which ends as `i`. */
  const singular = (points: Int32Array, start: number, end: number): number => {
    const last = points[end - 1];
    const before = points[end - 2];
    if (last !== S || before === S || before === U || before === I) return end;
    if (before !== E) return end - 1;
    const third = points[end - 3];
    if (third === I) {
      stem.withI = true;
      return end - 3;
    }
    const sibilant = third === X || third === Z || third === S || (third === H && isCOrS(points[end - 4]));
    return sibilant && end - start > SHORTEST ? end - 2 : end - 1;
  };

  return (points, start, end) => {
    stem.withI = false;
    stem.keep = end - start;
    if (stem.keep < SHORTEST) return stem;
    let stop = singular(points, start, end);
    if (!stem.withI) {
      const length = stop - start;
      const third = points[stop - 3];
      const second = points[stop - 2];
      const last = points[stop - 1];
      let cut = 0;
      if (length > SHORTEST && third === I && second === N && last === G) cut = 3;
      else if (length >= SHORTEST && second === E && last === D) cut = 2;
      if (cut > 0 && hasVowel(points, start, stop - cut)) {
        stop -= cut;
        const end1 = points[stop - 1];
        if (stop - start > 3 && end1 !== undefined && end1 === points[stop - 2] && doubling.has(end1)) stop -= 1;
      } else if (length >= SHORTEST && second === L && last === Y) stop -= 2;
      if (stop - start > 3 && points[stop - 1] === E) stop -= 1;
      if (stop - start > 3 && points[stop - 1] === Y) {
        stop -= 1;
        stem.withI = true;
      }
    }
    stem.keep = stop - start;
    return stem;
  };
};
