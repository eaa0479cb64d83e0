// Every simulation and every goal, in the order of the table that is printed.
import type { Job } from "./job.ts";
import { lookalikeGoals, lookalikeJobs } from "./lookalikes.ts";
import type { Goal } from "./measures.ts";
import { placeGoals, placeJobs } from "./places.ts";
import { quietGoals, quietJobs } from "./quiet.ts";
import { referenceGoals, referenceJobs } from "./reference.ts";
import { riseGoals, riseJobs } from "./rises.ts";
import { runLengthGoals, runLengthJobs } from "./run-lengths.ts";
import { slowBurnGoals, slowBurnJobs } from "./slow-burn.ts";

export const simulationGoals: readonly Goal[] = [
  ...quietGoals,
  ...riseGoals,
  ...referenceGoals,
  ...slowBurnGoals,
  ...placeGoals,
  ...lookalikeGoals,
  ...runLengthGoals,
];

/** `scale` 1: everything, within two minutes on two cores; less: fewer runs. */
export const simulationJobs = (scale: number): readonly Job[] => [
  ...quietJobs(scale),
  ...riseJobs(scale),
  ...referenceJobs(scale),
  ...slowBurnJobs(scale),
  ...placeJobs(scale),
  ...lookalikeJobs(scale),
  ...runLengthJobs(scale),
];
