// Integer hashes of words and character groups, and the key that turns them into what is kept in state.

/** Bits of a word's code: 13,000 words in the table leave 5 % of the codes taken. */
export const WORD_BITS = 18;
/** Bits of a character group's code. */
export const GRAM_BITS = 16;
/** Bits of the hash of a whole text. */
export const HASH_BITS = 32;

export const HASH_START = 0x811c9dc5 | 0;

/** One step of FNV-1a over code points. */
export const hashStep = (hash: number, point: number): number => Math.imul(hash ^ point, 0x01000193);

/** The end of murmur3: spreads FNV's weak high bits. */
export const hashEnd = (hash: number): number => {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

export const hashText = (text: string): number => {
  let hash = HASH_START;
  for (let i = 0; i < text.length; i += 1) hash = hashStep(hash, text.charCodeAt(i));
  return hashEnd(hash);
};

export const wordCode = (hash: number): number => hash >>> (32 - WORD_BITS);

/** Code of up to three characters; the absent ones are given as ABSENT. */
export const ABSENT = 0x110000;
export const gramCode = (a: number, b: number, c: number): number => {
  let h = Math.imul(a ^ 0x2c1b3c6d, 0x297a2d39);
  h = Math.imul((h ^ (h >>> 15)) + b, 0x9e3779b1);
  h = Math.imul((h ^ (h >>> 14)) + c, 0x85ebca6b);
  return (h ^ (h >>> 15)) >>> (32 - GRAM_BITS);
};

/** A one-to-one scrambling of codes by a secret, so that what state holds names no word without the key. */
export interface Keyed {
  readonly factor: number;
  readonly offset: number;
  readonly mask: number;
  readonly inverse: number;
}

/** Scores do not depend on the key: it renames codes and never joins two. */
export const createKeyed = (key: string, bits: number): Keyed => {
  const mask = 2 ** bits - 1;
  const factor = hashText(`${key}/factor/${bits}`) | 1;
  const offset = hashText(`${key}/offset/${bits}`) & mask;
  let inverse = factor;
  for (let i = 0; i < 5; i += 1) inverse = Math.imul(inverse, 2 - Math.imul(factor, inverse));
  return { factor, offset, mask, inverse };
};

export const seal = ({ factor, offset, mask }: Keyed, code: number): number =>
  (Math.imul(code, factor) + offset) & mask;
export const open = ({ inverse, offset, mask }: Keyed, sealed: number): number =>
  Math.imul(sealed - offset, inverse) & mask;
