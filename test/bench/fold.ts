// Bench (a): how many user turns a second one core folds, text analysis, tallies and all.
import { createEngine } from "#core/engine.ts";
import { defaultEngineSettings } from "#core/settings.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { again, asLog, conversations } from "./conversations.ts";
import { median } from "./machine.ts";

export interface FoldFigures {
  readonly turnsPerSecond: number;
  readonly eventsPerSecond: number;
  readonly signals: number;
  readonly rounds: number;
}

const day = 86_400_000;
const rounds = 7;

export const createBenchEngine = () =>
  createEngine({
    settings: defaultEngineSettings,
    text: createTextAnalyser(),
    source: { topic: "bench", partition: 0, partitions: 1, incarnation: 1 },
    hashKey: "bench",
    origin: "live",
  });

/** Medians over rounds of a day each; the first two only warm the compiler. */
export const measureFold = (): FoldFigures => {
  const engine = createBenchEngine();
  const base = conversations(1, Date.UTC(2026, 0, 2));
  const turns = base.filter((record) => record.type === "prompt").length;
  const seconds: number[] = [];
  let signals = 0;
  for (let round = 0; round < rounds; round += 1) {
    const log = asLog(again(base, round, round * day), round * base.length);
    const began = performance.now();
    for (const record of log) {
      engine.apply(record);
      // The detector drains once a batch; 500 records is its bound.
      if (record.offset % 500 === 0) signals += engine.drain().filter((output) => output.kind === "signal").length;
    }
    seconds.push((performance.now() - began) / 1000);
  }
  const typical = median(seconds.slice(2));
  return { turnsPerSecond: turns / typical, eventsPerSecond: base.length / typical, signals, rounds };
};
