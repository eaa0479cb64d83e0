// The list of detectors, in the order in which they speak.
import type { Detector } from "#core/detector.ts";
import { createReports } from "#core/reports.ts";
import type { EngineSettings } from "#core/settings.ts";
import { abandonment } from "./abandonment.ts";
import { answered } from "./answered.ts";
import { copy } from "./copy.ts";
import { edit } from "./edit.ts";
import { engagementLength } from "./engagement-length.ts";
import { escalation } from "./escalation.ts";
import { explicit } from "./explicit.ts";
import { followUpClarification } from "./follow-up-clarification.ts";
import { negative } from "./negative.ts";
import { regenerate } from "./regenerate.ts";
import { repeatAsk } from "./repeat-ask.ts";
import { share } from "./share.ts";
import { silentEnd } from "./silent-end.ts";
import { stop } from "./stop.ts";
import { thumbsDown } from "./thumbs-down.ts";

export const detectorsFor = (settings: EngineSettings): readonly Detector<unknown>[] => {
  const reports = createReports(settings.unreported);
  return [
    repeatAsk,
    followUpClarification,
    copy(reports),
    share(reports),
    regenerate(reports),
    edit(reports),
    stop(reports),
    escalation,
    explicit,
    answered,
    negative,
    thumbsDown,
    engagementLength,
    abandonment,
    silentEnd,
  ] as readonly Detector<unknown>[];
};
