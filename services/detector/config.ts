// The detector's settings: where its input lies, the engine's table, and what only an operator decides.
import { type EngineSettings, engineSettings } from "#core/settings.ts";
import { defineSettings, flag, integer, secret, settingsFromTable } from "#runtime/config.ts";
import { crashSetting } from "#runtime/crash.ts";
import { kafkaSettings, registrySettings, topicSettings } from "#runtime/shared-settings.ts";
import { crashPoints } from "./task.ts";

export const settings = defineSettings({
  ...kafkaSettings,
  ...registrySettings,
  ...topicSettings,
  ...settingsFromTable(engineSettings),
  hashKey: secret("EARSHOT_HASH_KEY", {
    default: "earshot",
    help: "key of the daily hashes by which tallies tell users apart; equal for all detectors of a deployment",
  }),
  acceptTruncated: flag("EARSHOT_ACCEPT_TRUNCATED", {
    default: false,
    help: "go on although retention took records that the state is made of; visits of that time may be wrong",
  }),
  visitBudget: integer("EARSHOT_VISIT_BUDGET", {
    // About 1,700 B each (npm run bench): together less than half of the 2 GiB that the compose file gives a detector.
    default: 500_000,
    min: 1,
    help: "live visits above which a detector says that it is not ready: time for more detectors or more memory",
  }),
  crashAt: crashSetting(crashPoints),
});

/** The engine's part of them. */
export const engineSettingsOf = (values: EngineSettings): EngineSettings =>
  Object.fromEntries(engineSettings.map(({ name }) => [name, values[name]])) as EngineSettings;
