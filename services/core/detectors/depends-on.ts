// Which settings the parts of the shared analysis depend on: a detector lists those of every part that its outcome rests on.
import type { EngineSettingName } from "#core/settings.ts";

type Names = readonly EngineSettingName[];

/** Whether a prompt repeats an earlier one, and so its category. */
export const repeatSettings: Names = [
  "repeatAt",
  "rephraseAt",
  "hanKanaRaise",
  "lookbackTurns",
  "lookbackAge",
  "minContentTokens",
];

/** What counts as friction. */
export const frictionSettings: Names = [...repeatSettings, "selfRepeatAt", "slowResponse"];

/** How a visit ended: friction and markers. */
export const endSettings: Names = [...frictionSettings, "readingSpeed"];
