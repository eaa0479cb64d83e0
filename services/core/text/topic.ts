// The content words of a text that is kept as a sample only: a Bloom filter that knows every one of them, in about two bytes a word.
import { hashEnd } from "./hash.ts";

const probes = 4;
const bitsPerWord = 16;
const smallest = 5;
const largest = 12;
/** A byte a word: beyond, it would take ever more absent words for present ones, and a question about anything for one about this. */
const mostWords = 2 ** largest;

/**
 * Of 2^size bytes; -1: too many words for a filter. Takes an absent word for one of them in 0.2 % of cases up to 2,048 words, in
 * 2.4 % at 4,096.
 */
export const topicSize = (words: number): number => {
  if (words > mostWords) return -1;
  let size = smallest;
  while (size < largest && 8 * 2 ** size < bitsPerWord * words) size += 1;
  return size;
};
export const MAX_TOPIC_BYTES = 2 ** largest;

/** Notes a word of this keyed code in the filter at `start`. */
export const noteWord = (bytes: Uint8Array, start: number, size: number, sealed: number): void => {
  const hash = hashEnd(sealed);
  const stride = (hash >>> 16) | 1;
  for (let probe = 0, bit = hash; probe < probes; probe += 1, bit += stride) {
    const at = start + ((bit >>> 3) & (2 ** size - 1));
    bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
  }
};

export const hasWord = (bytes: Uint8Array, start: number, size: number, sealed: number): boolean => {
  const hash = hashEnd(sealed);
  const stride = (hash >>> 16) | 1;
  for (let probe = 0, bit = hash; probe < probes; probe += 1, bit += stride) {
    const at = start + ((bit >>> 3) & (2 ** size - 1));
    if (((bytes[at] ?? 0) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
};
