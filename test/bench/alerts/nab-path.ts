// The generic metric path judged by the Numenta Anomaly Benchmark, whose data the user brings.
import { createMetricDetector } from "#core/alerts/metric.ts";
import type { Goal, Sample } from "./measures.ts";
import { readCorpus, type Series } from "./nab.ts";
import { type ScoredFile, scoreCorpus } from "./nab-score.ts";

export const nabGoals: readonly Goal[] = [
  { key: "nab", what: "generic metric path: NAB, standard profile", kind: "figure", atLeast: 47 },
  { key: "nab held out", what: "the same, files that the design did not see", kind: "figure", atLeast: 47 },
];

const scored = (series: Series): ScoredFile => {
  const detect = createMetricDetector();
  const timeOf = (index: number): number => Date.parse(`${series.times[index]?.replace(" ", "T")}Z`);
  return { ...series, scores: series.values.map((value, index) => detect(timeOf(index), value)) };
};

/** The design was chosen on every second file from the first on; the others take the threshold that suits those. */
export const scoreNab = (folder: string): readonly Sample[] => {
  const files = readCorpus(folder).map(scored);
  const seen = scoreCorpus(files.filter((_, index) => index % 2 === 0));
  const heldOut = scoreCorpus(
    files.filter((_, index) => index % 2 === 1),
    undefined,
    seen.threshold,
  );
  return [
    { key: "nab", values: [scoreCorpus(files).score] },
    { key: "nab held out", values: [heldOut.score] },
  ];
};
