// Who says each signal and tally: detector, version and the hash of every setting that its outcome depends on.
import type { Detector } from "./detector.ts";
import { configHash } from "./ids.ts";
import type { EngineSettingName, EngineSettings } from "./settings.ts";
import type { Identity } from "./tally.ts";
import type { TextAnalyser } from "./text/types.ts";

/** The rules of time decide which events count and where visits end, for every detector. */
const timeSettings: readonly EngineSettingName[] = ["gap", "maxSession", "lateness", "grace", "idle", "pastWindow"];

const hashFor = (detector: Detector<unknown>, settings: EngineSettings, text: TextAnalyser): string => {
  const names = [...timeSettings, ...detector.settings];
  return configHash({
    detector: detector.id,
    settings: Object.fromEntries(names.map((name) => [name, settings[name]])),
    text: detector.readsText ? text.identity : null,
  });
};

/** By signal and rate type. */
export const identitiesOf = (
  detectors: readonly Detector<unknown>[],
  settings: EngineSettings,
  text: TextAnalyser,
): ReadonlyMap<string, Identity> =>
  new Map(
    detectors.flatMap((detector) => {
      const identity: Identity = {
        detectorId: detector.id,
        detectorVersion: detector.version,
        configHash: hashFor(detector, settings, text),
      };
      return detector.types.map((type) => [type, identity] as const);
    }),
  );
