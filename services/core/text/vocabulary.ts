// The distinct codes of one text with their counts and weights, found again in a few nanoseconds: the inner loop of analysis.
import { type Keyed, open, seal } from "./hash.ts";
import type { Script } from "./scan.ts";

/** Counts are kept in four bits. */
export const MAX_COUNT = 15;

/** How many distinct codes are kept: at most the cap, and so many are enough that no more of them are looked for. */
export interface Most {
  readonly cap: number;
  /** Above the cap: always as many as it allows. */
  readonly enough: number;
}

/**
 * The distinct codes of one text, in order of first sight. At level n only codes in the lowest 2^-n of the range are kept: which
 * ones depends on the codes alone, so the samples of two texts hold the same ones. The level is the lowest at which no more than
 * the cap are left: it depends on which codes a text has, not on how often or in which order it says them.
 */
export interface Vocabulary {
  count: number;
  level: number;
  readonly codes: Int32Array;
  readonly counts: Int32Array;
  readonly marks: Uint8Array;
  readonly weights: Float64Array;
  norm: number;
  total: number;
  /** Open-addressed places by sealed code, small enough for the first-level cache; see `placeOf`. */
  readonly slots: Uint32Array;
  /** A slot holds base + place; a new text raises the base instead of clearing the slots. */
  base: number;
  /** Begins a text, at this level. */
  reset(level: number): void;
  add(code: number, mark: number, times: number): void;
  /** Takes a text whole. */
  addAll(codes: Int32Array, length: number, marks: Uint8Array, most: Most): void;
  weigh(script: Script): void;
}

/** The largest cap: so many distinct codes there is room for. */
const room = 1024;
const slotMask = 4 * room - 1;

/** The level of a text of so many distinct codes, about. */
const levelAt = (codes: number, cap: number): number => {
  let level = 0;
  while (level < 15 && codes > cap * 2 ** level) level += 1;
  return level;
};

/** Place of a sealed code in a vocabulary; -1 - slot where it would go when it is absent. */
export const placeOf = (slots: Uint32Array, codes: Int32Array, base: number, sealed: number): number => {
  for (let slot = sealed & slotMask; ; slot = (slot + 1) & slotMask) {
    const place = (slots[slot] ?? 0) - base;
    if (place < 0) return -1 - slot;
    if (codes[place] === sealed) return place;
  }
};

export const createVocabulary = (
  bits: number,
  keyed: Keyed,
  steps: Uint8Array,
  idf: Float64Array,
  tf: Float64Array,
): Vocabulary => {
  const slots = new Uint32Array(slotMask + 1);
  const codes = new Int32Array(room);
  const counts = new Int32Array(room);
  const marks = new Uint8Array(room);
  const weights = new Float64Array(room);
  let limit = 2 ** bits;

  const emptySlots = () => {
    own.base += room;
    if (own.base <= 0xffff_0000) return;
    slots.fill(0);
    own.base = room;
  };

  /** One level up: about half of the codes go. */
  const thin = () => {
    own.level += 1;
    limit /= 2;
    emptySlots();
    let kept = 0;
    for (let i = 0; i < own.count; i += 1) {
      const sealed = codes[i] ?? 0;
      if (open(keyed, sealed) >= limit) continue;
      slots[-1 - placeOf(slots, codes, own.base, sealed)] = own.base + kept;
      codes[kept] = sealed;
      counts[kept] = counts[i] ?? 1;
      marks[kept] = marks[i] ?? 0;
      kept += 1;
    }
    own.count = kept;
  };

  /**
   * The same as `add` for each, in one loop without calls: a fifth of the work on a prompt. Ends early, and says where, at a code
   * that the cap has no room for.
   */
  const takeFrom = (from: number, all: Int32Array, length: number, allMarks: Uint8Array, cap: number): number => {
    const { base } = own;
    const { factor, offset, mask } = keyed;
    const below = limit;
    let count = own.count;
    let i = from;
    for (; i < length; i += 1) {
      const code = all[i] ?? 0;
      if (code >= below) continue;
      const sealed = (Math.imul(code, factor) + offset) & mask;
      const place = placeOf(slots, codes, base, sealed);
      if (place >= 0) {
        counts[place] = (counts[place] ?? 0) + 1;
        marks[place] = (marks[place] ?? 0) | (allMarks[i] ?? 0);
      } else if (count < cap) {
        slots[-1 - place] = base + count;
        codes[count] = sealed;
        counts[count] = 1;
        marks[count] = allMarks[i] ?? 0;
        count += 1;
      } else break;
    }
    own.count = count;
    return i;
  };

  const own: Vocabulary = {
    count: 0,
    level: 0,
    codes,
    counts,
    marks,
    weights,
    norm: 0,
    total: 0,
    slots,
    base: 1,

    reset: (level) => {
      emptySlots();
      own.count = 0;
      own.level = level;
      limit = 2 ** (bits - level);
    },

    add: (code, mark, times) => {
      if (code >= limit) return;
      const sealed = seal(keyed, code);
      const place = placeOf(slots, codes, own.base, sealed);
      if (place >= 0) {
        counts[place] = (counts[place] ?? 0) + times;
        marks[place] = (marks[place] ?? 0) | mark;
      } else if (own.count < room) {
        slots[-1 - place] = own.base + own.count;
        codes[own.count] = sealed;
        counts[own.count] = times;
        marks[own.count] = mark;
        own.count += 1;
      }
    },

    addAll: (all, length, allMarks, { cap, enough }) => {
      // A text that hardly repeats itself is at its level at once. One that does, or may, is taken again a level lower.
      for (let level = levelAt(length, cap); ; level -= 1) {
        own.reset(level);
        for (let at = takeFrom(0, all, length, allMarks, cap); at < length; ) {
          thin();
          at = takeFrom(at, all, length, allMarks, cap);
        }
        if (level === 0 || own.level > level || own.count >= enough) return;
      }
    },

    weigh: (script) => {
      let squares = 0;
      let total = 0;
      const offset = script * 256;
      for (let i = 0; i < own.count; i += 1) {
        const rarity = idf[offset + (steps[codes[i] ?? 0] ?? 0)] ?? 0;
        const times = counts[i] ?? 1;
        const weight = (tf[times > MAX_COUNT ? MAX_COUNT : times] ?? 1) * rarity;
        weights[i] = weight;
        squares += weight * weight;
        total += rarity;
      }
      own.norm = Math.sqrt(squares);
      own.total = total;
    },
  };
  return own;
};
