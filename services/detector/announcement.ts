// What a detector says before its first tally: which versions it counts under. Alerting takes no others.
import type { OutRecord } from "#adapters/broker-port.ts";
import { controlRecord } from "#core/alerts/control-record.ts";
import { detectorsFor } from "#core/detectors/index.ts";
import { identitiesOf } from "#core/identities.ts";
import { configHash } from "#core/ids.ts";
import type { EngineSettings } from "#core/settings.ts";
import type { TextAnalyser } from "#core/text/types.ts";
import type { EventTime } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { Topic } from "#schemas/topics.ts";

interface AnnouncementOptions {
  readonly rules: EngineSettings;
  readonly text: TextAnalyser;
  readonly tallies: Topic;
  readonly codecs: { encode(kind: "tallies", record: TallyRecord): Buffer };
  readonly now: EventTime;
}

/** `detector_id@version:config_hash` of each detector, sorted. */
const namesOf = (rules: EngineSettings, text: TextAnalyser): readonly string[] => {
  const identities = identitiesOf(detectorsFor(rules), rules, text).values();
  const names = new Set([...identities].map((one) => `${one.detectorId}@${one.detectorVersion}:${one.configHash}`));
  return [...names].toSorted((a, b) => (a < b ? -1 : 1));
};

/** One record to every partition of `tallies`. Its id follows from what it says, so that a restart says nothing new. */
export const announcement = ({ rules, text, tallies, codecs, now }: AnnouncementOptions): readonly OutRecord[] => {
  const identities = namesOf(rules, text);
  const control = { kind: "detector", id: configHash(identities), identities } as const;
  const value = codecs.encode("tallies", controlRecord("*", now, control));
  return Array.from({ length: tallies.partitions }, (_, partition) => ({
    topic: tallies.topic,
    partition,
    key: "detector",
    value,
  }));
};
