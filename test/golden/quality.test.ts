// Detection quality may not fall: floors on the data in the project, and exact scores, frozen with the table and the lexicons.
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { idfSources, makeIdfTable, textsOfSource } from "#infra/dev/idf-table.ts";
import { evaluate } from "#test/bench/quality-measures.ts";

const folder = fileURLToPath(new URL("../data", import.meta.url));

/** Lower ends of the 95 % intervals of `npm run evaluate` when the first table was frozen. */
const floors = [
  ["multiwoz-repeat-pairs", "repeat-ask pairs, ROC-AUC", 0.947],
  ["multiwoz-repeat-pairs", "repeat-ask pairs, AP", 0.21],
  ["multiwoz-dialogues", "repeat-ask per turn, ROC-AUC", 0.884],
  ["multiwoz-dialogues", "repeat-ask decided, precision", 0.097],
  ["multiwoz-dialogues", "repeat-ask decided, recall", 0.192],
  ["banking77", "pairs, ROC-AUC", 0.883],
  ["hinglish-pairs", "pairs, ROC-AUC", 0.953],
  ["korean-pairs", "pairs, ROC-AUC", 0.871],
  ["iard-intents", "REJ or CRI by cues, precision", 0.684],
  ["iard-intents", "REJ or CRI by cues, recall", 0.212],
  ["dbdc3-dialogues", "correction after breakdown, lift", 1.102],
] as const;

describe("detection quality", () => {
  const measures = evaluate({
    folder,
    seedFolder: folder,
    ownData: true,
    draws: 1,
    only: (dataset) => floors.some(([name]) => name === dataset),
  });
  const valueOf = (dataset: string, metric: string) =>
    measures.find((measure) => measure.dataset === dataset && measure.metric === metric)?.value;

  it.each(floors)("on %s, %s, is at least %d", (dataset, metric, floor) => {
    expect(valueOf(dataset, metric)).toBeGreaterThanOrEqual(floor);
  });

  it("fires corrections on at most 2 % of the turns of ordinary task dialogues", () => {
    expect(valueOf("multiwoz-dialogues", "correction, fire rate")).toBeLessThanOrEqual(0.02);
  });

  it("finds nothing in chit-chat, where people do not re-ask: the negative control", () => {
    const control = valueOf("dbdc3-dialogues", "repetition after breakdown, ROC-AUC (negative control)") ?? 0;
    expect(Math.abs(control - 0.5)).toBeLessThan(0.05);
  });
});

describe("the idf table that ships", () => {
  it("is what its script makes from the texts in the project", () => {
    const texts = idfSources.flatMap((source) => textsOfSource(source, folder).flat());
    expect(createTextAnalyser().identity["idf"]).toBe(makeIdfTable("seed-1", texts).id);
  });
});

describe("frozen scores", () => {
  const analyser = createTextAnalyser();

  it.each([
    ["When will my card arrive?", "My card has not arrived yet, when will it?", 0.7315],
    ["I need a cheap hotel in the north", "A cheap hotel in the north please", 0.8682],
    ["kya kal barish hogi", "will it rain tomorrow", 0.469],
    ["怎么重置密码", "如何重置密码？", 0.6907],
    ["배송 언제 와요", "배송이 언제 오나요", 0.3581],
  ])("of %j and %j", (earlier, later, score) => {
    expect(analyser.match(analyser.prompt(earlier), analyser.prompt(later)).score).toBe(score);
  });
});
