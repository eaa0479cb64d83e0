// implicit:edit: the prompt or the response was edited before the user went on; no repeat-ask.
import type { Detector } from "#core/detector.ts";
import type { Reports } from "#core/reports.ts";
import { type Acts, createResponseAct } from "./response-act.ts";

export const edit = (reports: Reports): Detector<ReadonlyMap<string, Acts>> =>
  createResponseAct(
    {
      act: "edit",
      type: "implicit:edit",
      ambiguity: null,
      describe: (acts) => ({ chars_changed: acts.chars, edited: acts.labels.join(",") }),
    },
    reports,
  );
