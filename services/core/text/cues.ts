// Phrases compiled to one table: which roles the words at a place in a turn play, found without building a string.

import { HASH_START, hashEnd, hashStep, hashText } from "./hash.ts";
import type { Lexicon } from "./lexicons/lexicon.ts";

/** Roles as bits, so that a turn's roles are one number. */
export const roles = {
  stop: 1,
  social: 2,
  negation: 4,
  question: 8,
  strong: 16,
  strongLead: 32,
  weakLead: 64,
  elaborate: 128,
  thanks: 256,
  praiseLead: 512,
  confirm: 1024,
  talkTo: 2048,
  want: 4096,
  person: 8192,
  anyPerson: 16384,
  guarded: 32768,
  one: 65536,
} as const;
type Role = keyof typeof roles;
/** Set beside the roles of a word that counts as another one. */
export const ALIASED = 131072;
/** Set beside the roles of a node from which phrases go on. */
export const CONTINUES = 262144;

const EMPTY = 0;
/** An edge takes four numbers of the table, one cache line at most: from node, by word, to node, spare. */
const STRIDE = 4;

/** A trie over word hashes in open-addressed arrays: one probe a step. Node 0 is the root, and "no such node". */
export interface Cues {
  step(node: number, word: number): number;
  /** Roles of the phrase that ends at a node; 0 where none ends. */
  rolesAt(node: number): number;
  /** Words that count as others, by hash. */
  readonly aliases: ReadonlyMap<number, string>;
  /** Names the lexicons and a digest of what they hold. */
  readonly ids: string;
}

export const wordHash = (word: string): number => {
  let hash = HASH_START;
  for (const char of word) hash = hashStep(hash, char.codePointAt(0) ?? 0);
  return hashEnd(hash);
};

/** "don't" is written in three ways: as two words, as one, and as "do n't" by tokenisers. */
const spellings = (phrase: string): readonly string[] => {
  if (!phrase.includes("'")) return [phrase];
  return [
    phrase.replaceAll("'", " "),
    phrase.replaceAll("'", ""),
    phrase.replaceAll("n't", " n t").replaceAll("'", " "),
  ];
};

export const compileCues = (lexicons: readonly Lexicon[]): Cues => {
  const edges = new Map<string, number>();
  const found: number[] = [0];
  const aliases = new Map<number, string>();

  const add = (phrase: string, role: number) => {
    let node = 0;
    for (const word of phrase.split(/\s+/).filter((part) => part !== "")) {
      const edge = `${node}/${wordHash(word)}`;
      let next = edges.get(edge);
      if (next === undefined) {
        next = found.length;
        found.push(0);
        edges.set(edge, next);
        if (node !== 0) found[node] = (found[node] ?? 0) | CONTINUES;
      }
      node = next;
    }
    found[node] = (found[node] ?? 0) | role;
  };

  for (const lexicon of lexicons) {
    for (const role of Object.keys(roles) as Role[])
      for (const phrase of lexicon[role]) for (const spelling of spellings(phrase)) add(spelling, roles[role]);
    for (const [word, meaning] of Object.entries(lexicon.aliases)) {
      aliases.set(wordHash(word), meaning);
      add(word, ALIASED);
    }
  }

  let size = 1024;
  while (size < edges.size * 4) size *= 2;
  const mask = size - 1;
  const table = new Int32Array(size * STRIDE);
  const slotOf = (node: number, word: number) => (Math.imul(node, 0x9e3779b1) ^ word) & mask;
  for (const [edge, target] of edges) {
    const [node = 0, word = 0] = edge.split("/").map(Number);
    let slot = slotOf(node, word);
    while (table[slot * STRIDE + 2] !== EMPTY) slot = (slot + 1) & mask;
    table[slot * STRIDE] = node;
    table[slot * STRIDE + 1] = word | 0;
    table[slot * STRIDE + 2] = target;
  }
  const rolesOf = Int32Array.from(found);

  return {
    step: (node, word) => {
      for (let slot = slotOf(node, word); ; slot = (slot + 1) & mask) {
        const at = slot * STRIDE;
        const target = table[at + 2] ?? EMPTY;
        if (target === EMPTY) return 0;
        if (table[at + 1] === (word | 0) && table[at] === node) return target;
      }
    },
    rolesAt: (node) => rolesOf[node] ?? 0,
    aliases,
    ids: lexicons.map((lexicon) => `${lexicon.id}-${hashText(JSON.stringify(lexicon)).toString(16)}`).join(","),
  };
};
