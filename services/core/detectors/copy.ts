// implicit:copy: the response was copied before the user went on; a proxy for "worth keeping", also copied to complain.
import type { Detector } from "#core/detector.ts";
import type { Event } from "#core/event.ts";
import type { Reports } from "#core/reports.ts";
import { type Acts, createResponseAct } from "./response-act.ts";

const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;

/** Characters taken, what part of the output they are at most, and what kinds of copy there were. */
export const describeTaken = (acts: Acts, response: Event | null): Readonly<Record<string, unknown>> => {
  const output = response?.answered?.outputChars ?? null;
  return {
    chars: acts.chars,
    share_of_output: output === null || output === 0 ? null : Math.min(1, round4(acts.chars / output)),
    kinds: acts.labels.join(","),
  };
};

export const copy = (reports: Reports): Detector<ReadonlyMap<string, Acts>> =>
  createResponseAct(
    { act: "copy", type: "implicit:copy", ambiguity: "copied_elsewhere", describe: describeTaken },
    reports,
  );
