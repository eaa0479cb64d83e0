// implicit:stop: the response was stopped while it was being written.
import type { Detector } from "#core/detector.ts";
import type { Reports } from "#core/reports.ts";
import { type Acts, createResponseAct } from "./response-act.ts";

export const stop = (reports: Reports): Detector<ReadonlyMap<string, Acts>> =>
  createResponseAct(
    {
      act: "stop",
      type: "implicit:stop",
      ambiguity: null,
      describe: (_acts, response) => ({ output_chars: response?.answered?.outputChars ?? null }),
    },
    reports,
  );
