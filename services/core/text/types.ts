// What the engine asks of text analysis: features of a text, how alike two asks are, what a turn does to the answer before it.

/**
 * Features of one user text. Plain data without any text: it lives in a visit's state, a million times over, so it is small at
 * rest (`pack`) and its words are hashed.
 */
export interface PromptFeatures {
  /** Words that carry content: no stop words, greetings, thanks, yes or no, closers. */
  readonly contentTokens: number;
  readonly chars: number;
  /** Thanks, praise, a short confirmation: a marker that the user is satisfied. */
  readonly positive: boolean;
  /** Words that ask for a person: escalation by request. */
  readonly asksPerson: boolean;
}

/** Features of one assistant text; bounded size whatever the length. */
export interface ResponseFeatures {
  readonly chars: number;
  /** Ends in a question, so that "no" after it is an answer and no correction. */
  readonly asksQuestion: boolean;
}

/** How two asks of one visit compare; scores are rounded to four decimals. */
export interface Match {
  readonly score: number;
  readonly wordCosine: number;
  readonly charCosine: number;
  /** The normalised texts are equal. */
  readonly equal: boolean;
  readonly containment: number;
  readonly numberMismatch: boolean;
  readonly negationMismatch: boolean;
  readonly lengthRatio: number;
  /** Han or Kana on either side: thresholds are raised. */
  readonly raise: boolean;
  /** High containment plus new content words: a refinement. */
  readonly newContent: boolean;
}

export type TurnCategory = "correct-with" | "correct-without" | "clarify" | "positive" | "neutral";

/** What stood around a turn when it was said. */
export interface Around {
  readonly lastAsk: PromptFeatures | null;
  readonly response: ResponseFeatures | null;
  /** The producer's word (`extra.asks_question`), else that of the response's features. */
  readonly asksQuestion: boolean;
}

/** Pure and total: the same text gives the same features, whatever the text. */
export interface TextAnalyser {
  /** Goes whole into the config_hash of the detectors that use it: idf table, lexicons, thresholds, Unicode versions. */
  readonly identity: Readonly<Record<string, string | number>>;
  prompt(text: string): PromptFeatures;
  response(text: string): ResponseFeatures;
  match(earlier: PromptFeatures, later: PromptFeatures): Match;
  /** Likeness of two assistant texts, rounded to four decimals. */
  selfRepeat(earlier: ResponseFeatures, later: ResponseFeatures): number;
  category(turn: PromptFeatures, around: Around): TurnCategory;
  /** Features as bytes at rest, about 150 for an ask, fewer for a short response, 450 for one of 300 words; `unpack…(pack…(f))` behaves exactly as `f`. */
  packPrompt(features: PromptFeatures): Uint8Array;
  unpackPrompt(bytes: Uint8Array): PromptFeatures;
  packResponse(features: ResponseFeatures): Uint8Array;
  unpackResponse(bytes: Uint8Array): ResponseFeatures;
}
