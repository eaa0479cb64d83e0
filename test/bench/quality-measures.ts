// What is measured on each data set: the shape of its records says which, so files of others in the same shapes are measured too.
import { readdirSync } from "node:fs";
import { createTextAnalyser } from "#core/text/analyser.ts";
import type { Match, PromptFeatures, TextAnalyser, TurnCategory } from "#core/text/types.ts";
import { type IdfSource, idfSources, makeIdfTable, readRecords, textsOfSource } from "#infra/dev/idf-table.ts";
import { createRandom, type Random } from "#infra/dev/random.ts";
import {
  averagePrecision,
  type Case,
  type Estimate,
  estimate,
  type Figure,
  f1,
  fireRate,
  lift,
  precision,
  recall,
  rocAuc,
} from "./quality-statistics.ts";
import { type Call, structureCases } from "./quality-structure.ts";

export interface Measure extends Estimate {
  readonly dataset: string;
  readonly metric: string;
  readonly cases: number;
  /** The bar of the goals, if the figure has one. */
  readonly goal: number | null;
}

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly same?: number;
  readonly repeat?: number;
  readonly dialogue?: string;
}
interface Turn {
  readonly role: string;
  readonly text: string;
  readonly repeat?: number;
  readonly intents?: readonly string[];
  readonly breakdown?: Readonly<Record<string, number>>;
  /** Satisfaction 1 to 5 by several judges (USS). */
  readonly sat?: readonly number[];
  /** NEG_1 … NEG_4, POS, NEU (Liu et al.). */
  readonly feedback?: string;
}
interface Dialogue {
  readonly turns: readonly Turn[];
}

/** Signals.md 4.1 and 4.5 with their defaults: five turns back, two content words, .50, Han and Kana .2 more, no number mismatch. */
const lookback = 5;
const leastContent = 2;
const rephraseAt = 0.5;
const hanKanaRaise = 0.2;

interface Seen {
  readonly turn: Turn;
  readonly before: Turn;
  readonly best: Match | null;
  readonly category: TurnCategory;
  readonly repeats: boolean;
  readonly cluster: number;
}

/** Every later user turn as the engine sees it: best match among the last asks, category. */
const laterTurns = (analyser: TextAnalyser, dialogues: readonly Dialogue[]): readonly Seen[] =>
  dialogues.flatMap(({ turns }, cluster) => {
    const seen: Seen[] = [];
    const asks: PromptFeatures[] = [];
    let before: Turn | null = null;
    for (const turn of turns) {
      if (turn.role !== "user" && turn.role !== "seeker") {
        before = turn;
        continue;
      }
      const features = analyser.prompt(turn.text);
      if (before !== null && asks.length > 0) {
        const response = analyser.response(before.text);
        const matches = asks.slice(-lookback).map((ask) => analyser.match(ask, features));
        const best = matches.reduce<Match | null>(
          (top, match) => (match.score >= (top?.score ?? 0) ? match : top),
          null,
        );
        const bar = rephraseAt + (best?.raise === true ? hanKanaRaise : 0);
        seen.push({
          turn,
          before,
          best,
          category: analyser.category(features, {
            lastAsk: asks.at(-1) ?? null,
            response,
            asksQuestion: response.asksQuestion,
          }),
          repeats: best !== null && best.score >= bar && !best.numberMismatch && features.contentTokens >= leastContent,
          cluster,
        });
      }
      asks.push(features);
    }
    return seen;
  });

const corrects = ({ category }: Seen): boolean => category === "correct-with" || category === "correct-without";
const caseOf = (score: number | boolean, positive: boolean, cluster: number): Case => ({
  score: Number(score),
  positive,
  cluster,
});

type Add = (metric: string, cases: readonly Case[], figure: Figure, goal?: number) => void;

const pairGoals: Readonly<Record<string, number>> = {
  banking77: 0.87,
  "hinglish-pairs": 0.95,
  "korean-pairs": 0.89,
  lcqmc: 0.81,
  mqp: 0.76,
  mrpc: 0.75,
};

const pairCases = (analyser: TextAnalyser, pairs: readonly Pair[]): readonly Case[] => {
  const clusters = new Map<string, number>();
  return pairs.map(({ a, b, same, repeat, dialogue }, i) => {
    const name = dialogue ?? String(i);
    const cluster = clusters.get(name) ?? clusters.size;
    clusters.set(name, cluster);
    return caseOf(analyser.match(analyser.prompt(a), analyser.prompt(b)).score, (same ?? repeat) === 1, cluster);
  });
};

/** 5,000 pairs of one intent and 5,000 of two. */
const intentPairs = (records: readonly { readonly text: string; readonly intent: string }[]): readonly Pair[] => {
  const random = createRandom(1);
  const byIntent = Map.groupBy(records, ({ intent }) => intent);
  const intents = [...byIntent.values()].filter((own) => own.length > 1);
  const pairs: Pair[] = [];
  while (pairs.length < 5_000) {
    const own = random.pick(intents);
    const [a, b] = [random.pick(own), random.pick(own)];
    if (a !== b) pairs.push({ a: a.text, b: b.text, same: 1 });
  }
  while (pairs.length < 10_000) {
    const [a, b] = [random.pick(records), random.pick(records)];
    if (a.intent !== b.intent) pairs.push({ a: a.text, b: b.text, same: 0 });
  }
  return pairs;
};

interface Mixed {
  readonly en: string;
  readonly mixed: string;
  readonly domain: string;
}
/** A request in the mix with its English form, and with that of another request of the domain. */
const mixedPairs = (records: readonly Mixed[]): readonly Pair[] => {
  const random = createRandom(2);
  const byDomain = Map.groupBy(records, ({ domain }) => domain);
  const another = (record: Mixed, from: Random) => {
    const others = (byDomain.get(record.domain) ?? []).filter(({ en }) => en !== record.en);
    return others.length > 0 ? from.pick(others) : null;
  };
  return records.flatMap((record) => {
    const other = another(record, random);
    const same = { a: record.mixed, b: record.en, same: 1 };
    return other === null ? [same] : [same, { a: record.mixed, b: other.en, same: 0 }];
  });
};

const measureDialogues = (add: Add, analyser: TextAnalyser, dialogues: readonly Dialogue[]): void => {
  const seen = laterTurns(analyser, dialogues);
  const has = (key: keyof Turn) => dialogues.some(({ turns }) => turns.some((turn) => turn[key] !== undefined));
  const scored = (positive: (one: Seen) => boolean, among = seen) =>
    among.map((one) => caseOf(one.best?.score ?? 0, positive(one), one.cluster));
  const fired = (fires: (one: Seen) => boolean, positive: (one: Seen) => boolean, among = seen) =>
    among.map((one) => caseOf(fires(one), positive(one), one.cluster));

  if (has("repeat")) {
    const isRepeat = ({ turn }: Seen) => turn.repeat === 1;
    add("repeat-ask per turn, ROC-AUC", scored(isRepeat), rocAuc, 0.88);
    add("repeat-ask per turn, AP", scored(isRepeat), averagePrecision);
    const decided = fired(({ repeats }) => repeats, isRepeat);
    add("repeat-ask decided, fire rate", decided, fireRate);
    add("repeat-ask decided, precision", decided, precision);
    add("repeat-ask decided, recall", decided, recall);
    add("correction, fire rate", fired(corrects, isRepeat), fireRate);
    add(
      "clarify, fire rate",
      fired(({ category }) => category === "clarify", isRepeat),
      fireRate,
    );
  }
  if (has("intents")) {
    const labelled = (test: (intent: string) => boolean) => (one: Seen) => one.turn.intents?.some(test) === true;
    const rejects = labelled((intent) => intent === "REJ" || intent.startsWith("CRI"));
    add("REF by repeat score, ROC-AUC", scored(labelled((intent) => intent === "REF")), rocAuc);
    add("REJ or CRI by cues, precision", fired(corrects, rejects), precision);
    add("REJ or CRI by cues, recall", fired(corrects, rejects), recall);
  }
  if (has("breakdown")) {
    const brokeDown = ({ before: { breakdown } }: Seen) =>
      breakdown !== undefined && (breakdown["X"] ?? 0) > Math.max(breakdown["O"] ?? 0, breakdown["T"] ?? 0);
    add("repetition after breakdown, ROC-AUC (negative control)", scored(brokeDown), rocAuc);
    add("correction after breakdown, lift", fired(corrects, brokeDown), lift);
  }
  if (has("sat")) {
    const rated = seen.filter(({ turn }) => turn.sat !== undefined);
    // Judged below "normal" (3) by most.
    const unhappy = ({ turn: { sat = [] } }: Seen) => sat.filter((one) => one < 3).length * 2 > sat.length;
    add(
      "dissatisfaction where repeat-ask fires, lift",
      fired(({ repeats }) => repeats, unhappy, rated),
      lift,
      1.5,
    );
    add("dissatisfaction where correction fires, lift", fired(corrects, unhappy, rated), lift);
  }
  if (has("feedback")) {
    const negative = ({ turn }: Seen) => turn.feedback?.startsWith("NEG") === true;
    const cases = fired((one) => one.repeats || corrects(one) || one.category === "clarify", negative);
    add("negative feedback, precision", cases, precision);
    add("negative feedback, recall", cases, recall);
    add("negative feedback, F1", cases, f1, 0.395);
  }
};

const measureRecords = (add: Add, name: string, analyser: TextAnalyser, records: readonly unknown[]): void => {
  const first = records[0] as Readonly<Record<string, unknown>>;
  if ("LUHF" in first) {
    const calls = records as readonly Call[];
    add("hang-up by structure, ROC-AUC", structureCases(calls, 0), rocAuc, 0.85);
    add("the same, last utterance cut", structureCases(calls, 1), rocAuc);
    add("the same, last two cut", structureCases(calls, 2), rocAuc);
  } else if ("turns" in first) measureDialogues(add, analyser, records as readonly Dialogue[]);
  else if ("repeat" in first) {
    const cases = pairCases(analyser, records as readonly Pair[]);
    add("repeat-ask pairs, ROC-AUC", cases, rocAuc, 0.95);
    add("repeat-ask pairs, AP", cases, averagePrecision, 0.17);
  } else if ("same" in first)
    add("pairs, ROC-AUC", pairCases(analyser, records as readonly Pair[]), rocAuc, pairGoals[name]);
  else if ("mixed" in first)
    add("pairs, ROC-AUC", pairCases(analyser, mixedPairs(records as readonly Mixed[])), rocAuc, pairGoals[name]);
  else if ("intent" in first) {
    const pairs = intentPairs(records as readonly { text: string; intent: string }[]);
    add("pairs, ROC-AUC", pairCases(analyser, pairs), rocAuc, pairGoals[name]);
  }
};

/** Files whose rows are in the table that ships: they are measured with a table made without them. */
const sourceOfFile: Readonly<Record<string, IdfSource>> = {
  banking77: "banking77",
  "iard-intents": "iard",
  "dbdc3-dialogues": "dbdc3",
  "hinglish-pairs": "hinglish",
  "korean-pairs": "korean",
};

const analyserWithout = (left: IdfSource, seedFolder: string): TextAnalyser =>
  createTextAnalyser({
    unicode: process.versions["unicode"],
    idf: makeIdfTable(
      `without-${left}`,
      idfSources.filter((source) => source !== left).flatMap((source) => textsOfSource(source, seedFolder).flat()),
    ),
  });

export interface EvaluateOptions {
  /** Folder with the data sets. */
  readonly folder: string;
  /** Folder with the texts of the idf table: test/data. */
  readonly seedFolder: string;
  /** Whether the files in `folder` are those the table was made from. */
  readonly ownData: boolean;
  readonly draws?: number;
  readonly only?: (dataset: string) => boolean;
}

/** Measures every file of the folder whose shape is known. */
export const evaluate = ({ folder, seedFolder, ownData, draws, only }: EvaluateOptions): readonly Measure[] => {
  const shipped = createTextAnalyser({ unicode: process.versions["unicode"] });
  const measures: Measure[] = [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".jsonl.gz"));
  for (const file of files.toSorted()) {
    const name = file.replace(".jsonl.gz", "");
    if (name === "chatterbot-texts" || name === "pii-texts" || only?.(name) === false) continue;
    const source = ownData ? sourceOfFile[name] : undefined;
    const analyser = source === undefined ? shipped : analyserWithout(source, seedFolder);
    const add: Add = (metric, cases, figure, goal) => {
      measures.push({
        dataset: name,
        metric,
        cases: cases.length,
        goal: goal ?? null,
        ...estimate(cases, figure, draws),
      });
    };
    const records = readRecords(`${folder}/${file}`);
    if (records.length > 0) measureRecords(add, name, analyser, records);
  }
  return measures;
};
