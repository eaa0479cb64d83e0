// implicit:regenerate: another response was asked for by button; no repeat-ask.
import type { Detector } from "#core/detector.ts";
import type { Reports } from "#core/reports.ts";
import { type Acts, createResponseAct } from "./response-act.ts";

export const regenerate = (reports: Reports): Detector<ReadonlyMap<string, Acts>> =>
  createResponseAct(
    {
      act: "regenerate",
      type: "implicit:regenerate",
      ambiguity: "probing",
      describe: (_acts, response) => ({ response_label: response?.label ?? null }),
    },
    reports,
  );
