// Makes an idf table from texts: in how many of them each word and character group occurs, per script of the text.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { compileCues } from "#core/text/cues.ts";
import { createGramWriter } from "#core/text/grams.ts";
import { GRAM_BITS, WORD_BITS } from "#core/text/hash.ts";
import { type IdfSeed, packSteps, stepOf } from "#core/text/idf.ts";
import { english } from "#core/text/lexicons/english.ts";
import { hinglish } from "#core/text/lexicons/hinglish.ts";
import { createScanner } from "#core/text/scan.ts";
import { createWordReader } from "#core/text/words.ts";

interface Turns {
  readonly turns: readonly { readonly text: string }[];
}

/** A gzipped file of JSON Lines. */
export const readRecords = (file: string): readonly unknown[] =>
  gunzipSync(readFileSync(file))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));

const turnTexts = (record: unknown) => (record as Turns).turns.map(({ text }) => text);
const fieldTexts =
  (...fields: readonly string[]) =>
  (record: unknown) =>
    fields.map((field) => (record as Record<string, string>)[field] ?? "");

/** The sources of the table: a file of test/data, and the texts of one of its records. MultiWOZ is what the table is tested on, and none of them. */
const sources = {
  banking77: { file: "banking77", texts: fieldTexts("text") },
  iard: { file: "iard-intents", texts: turnTexts },
  dbdc3: { file: "dbdc3-dialogues", texts: turnTexts },
  hinglish: { file: "hinglish-pairs", texts: fieldTexts("en", "mixed") },
  korean: { file: "korean-pairs", texts: fieldTexts("a", "b") },
  chatterbot: { file: "chatterbot-texts", texts: fieldTexts("text") },
} as const;
export type IdfSource = keyof typeof sources;
export const idfSources = Object.keys(sources) as readonly IdfSource[];

/** The texts of a source, one list per record, so that a fold can leave records out. */
export const textsOfSource = (source: IdfSource, folder: string): readonly (readonly string[])[] =>
  readRecords(`${folder}/${sources[source].file}.jsonl.gz`).map(sources[source].texts);

const capacity = 8192;

const countEach = (codes: ReadonlySet<number>, counts: Float64Array) => {
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
};

/** The id ends in a digest of the counts, so that two tables never share one. */
export const makeIdfTable = (name: string, texts: Iterable<string>): IdfSeed => {
  const { scanned, scan } = createScanner(capacity);
  const { words, read } = createWordReader(compileCues([english, hinglish]), undefined, capacity);
  const { grams, write } = createGramWriter(capacity);
  const totals: [number, number, number] = [0, 0, 0];
  const wordTexts = new Float64Array(2 ** WORD_BITS);
  const gramTexts = new Float64Array(2 ** GRAM_BITS);
  for (const text of texts) {
    scan(text);
    if (scanned.length < 2) continue;
    read(scanned);
    countEach(new Set(words.codes.subarray(0, words.count)), wordTexts);
    write(scanned);
    countEach(new Set(grams.codes.subarray(0, grams.count)), gramTexts);
    totals[scanned.script] += 1;
  }
  const packed = {
    texts: totals,
    words: packSteps(Uint8Array.from(wordTexts, stepOf)),
    grams: packSteps(Uint8Array.from(gramTexts, stepOf)),
  };
  const digest = createHash("sha256").update(JSON.stringify(packed)).digest("hex").slice(0, 8);
  return { id: `${name}-${digest}`, ...packed };
};
