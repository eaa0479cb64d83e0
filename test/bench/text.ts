// How fast the text analyser is, on the user and assistant turns of the real dialogues in the project.
import { createTextAnalyser } from "#core/text/analyser.ts";
import type { PromptFeatures } from "#core/text/types.ts";
import { readRecords } from "#infra/dev/idf-table.ts";

interface Dialogue {
  readonly turns: readonly { readonly role: string; readonly text: string }[];
}

export interface TextFigures {
  readonly microsPerPrompt: number;
  readonly microsPerResponse: number;
  readonly microsPerMatch: number;
  /** Features, category and up to five matches. */
  readonly microsPerTurn: number;
  readonly bytesPerAsk: number;
  readonly bytesPerResponse: number;
}

const rounds = 40;
const lookback = 5;

/** The fastest of some rounds over the same work: what the code takes when nothing else wants the core. */
const fastest = (work: () => number): number => {
  const times = Array.from({ length: rounds }, () => {
    const start = process.hrtime.bigint();
    const done = work();
    return Number(process.hrtime.bigint() - start) / 1_000 / done;
  });
  return Math.min(...times);
};

const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;

export const measureText = (folder: string): TextFigures => {
  const dialogues = (readRecords(`${folder}/multiwoz-dialogues.jsonl.gz`) as readonly Dialogue[]).slice(0, 200);
  const saidBy = (role: string) =>
    dialogues.map(({ turns }) => turns.filter((turn) => turn.role === role).map(({ text }) => text));
  const asks = saidBy("user");
  const allAsks = asks.flat();
  const answers = saidBy("assistant").flat();
  const analyser = createTextAnalyser();
  const analysed = asks.map((own) => own.map((text) => analyser.prompt(text)));

  const matchAll = (own: readonly PromptFeatures[], at: number): number => {
    const later = own[at];
    if (later === undefined) return 0;
    const earlier = own.slice(Math.max(0, at - lookback), at);
    for (const one of earlier) analyser.match(one, later);
    return earlier.length;
  };

  return {
    microsPerPrompt: fastest(() => {
      for (const text of allAsks) analyser.prompt(text);
      return allAsks.length;
    }),
    microsPerResponse: fastest(() => {
      for (const text of answers) analyser.response(text);
      return answers.length;
    }),
    microsPerMatch: fastest(() =>
      analysed.reduce((sum, own) => sum + own.reduce((n, _, at) => n + matchAll(own, at), 0), 0),
    ),
    microsPerTurn: fastest(() => {
      for (const own of asks) {
        const seen: PromptFeatures[] = [];
        for (const text of own) {
          const lastAsk = seen.at(-1) ?? null;
          seen.push(analyser.prompt(text));
          matchAll(seen, seen.length - 1);
          const turn = seen.at(-1);
          if (turn !== undefined) analyser.category(turn, { lastAsk, response: null, asksQuestion: false });
        }
      }
      return allAsks.length;
    }),
    bytesPerAsk: mean(allAsks.map((text) => analyser.packPrompt(analyser.prompt(text)).length)),
    bytesPerResponse: mean(answers.map((text) => analyser.packResponse(analyser.response(text)).length)),
  };
};
