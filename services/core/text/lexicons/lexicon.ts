// What a lexicon says of the words and phrases of one language. One data file per language, measured before it ships.

/** Phrases are written as people write them; apostrophes may be left out by the user ("don't", "dont", "do n't" are one). */
export interface Lexicon {
  /** Goes into the identity of every detector that uses it, with a digest of the content. */
  readonly id: string;
  /** Function words: no content. */
  readonly stop: readonly string[];
  /** Greetings, thanks, yes and no, closers: no content either. */
  readonly social: readonly string[];
  readonly negation: readonly string[];
  readonly question: readonly string[];
  /** Corrects the system wherever it stands. */
  readonly strong: readonly string[];
  /** Corrects the system at the start of a turn. */
  readonly strongLead: readonly string[];
  /** Corrects the system wherever it stands in a turn that answers no question. */
  readonly guarded: readonly string[];
  /** The same, at the start of a turn only. */
  readonly weakLead: readonly string[];
  /** Asks for elaboration. */
  readonly elaborate: readonly string[];
  readonly thanks: readonly string[];
  /** Praise at the start of a turn. */
  readonly praiseLead: readonly string[];
  /** A turn of nothing but these confirms. */
  readonly confirm: readonly string[];
  /** "talk to", "connect me": a person named soon after is asked for, or just before ("a human I can talk to"). */
  readonly talkTo: readonly string[];
  /** "i want", "give me": only an unmistakable person named right after is asked for. */
  readonly want: readonly string[];
  /** Persons that can be meant in no other way. */
  readonly person: readonly string[];
  /** Persons that are meant only after `talkTo`. */
  readonly anyPerson: readonly string[];
  /** May mean the number 1 or nothing of the kind ("a table for one", "a cheap one"): meets a 1, misses none. */
  readonly one: readonly string[];
  /** A word and the one it counts as: number words, translations. */
  readonly aliases: Readonly<Record<string, string>>;
}

export const words = (list: string): readonly string[] => list.trim().split(/\s+/);
export const phrases = (list: string): readonly string[] =>
  list
    .split(/[\n;]/)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== "");
