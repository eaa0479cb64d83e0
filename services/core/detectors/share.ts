// implicit:share: the response was shared before the user went on.
import type { Detector } from "#core/detector.ts";
import type { Reports } from "#core/reports.ts";
import { describeTaken } from "./copy.ts";
import { type Acts, createResponseAct } from "./response-act.ts";

export const share = (reports: Reports): Detector<ReadonlyMap<string, Acts>> =>
  createResponseAct(
    { act: "share", type: "implicit:share", ambiguity: "copied_elsewhere", describe: describeTaken },
    reports,
  );
