// What a tick is: one record to every partition of interactions and tallies. Only the append time that the broker gives it counts.
import type { OutRecord } from "#adapters/broker-port.ts";
import { tickType } from "#core/interaction.ts";
import { type EventTime, minuteOf } from "#core/time.ts";
import type { InteractionRecord, TallyRecord } from "#schemas/generated/records.ts";
import type { RecordOf, Topic, Topics } from "#schemas/topics.ts";

interface TickCodecs {
  encode<K extends "interactions" | "tallies">(kind: K, record: RecordOf<K>): Buffer;
}

const noContext = {
  feature: null,
  segment: null,
  tier: null,
  device: null,
  locale: null,
  app_version: null,
  utc_offset_min: null,
  prompt_name: null,
  prompt_version: null,
  model: null,
  model_version: null,
  release: null,
} as const;

const inputTick = (id: string): InteractionRecord => ({
  ...noContext,
  event_id: id,
  type: tickType,
  ts: 0,
  tenant: "",
  session_id: "",
  user_id_hash: null,
  response_id: null,
  text: null,
  value: null,
  label: null,
  audit_id: null,
  extra: null,
});

const tallyTick = (now: EventTime): TallyRecord => ({
  ...noContext,
  tenant: "~",
  signal_type: "~tick",
  detector_version: "1",
  config_hash: "",
  minute: minuteOf(now),
  source_partition: 0,
  trials: 0,
  fired: 0,
  stamp: 0,
  users: null,
  detector_id: null,
  examples: null,
  shadow: null,
  source_partitions: null,
  incarnation: null,
  watermark: null,
  volumes: null,
  control: null,
});

const toEach = ({ topic, partitions }: Topic, value: Buffer): readonly OutRecord[] =>
  Array.from({ length: partitions }, (_, partition) => ({ topic, partition, key: null, value }));

export const ticksFor = (
  { interactions, tallies }: Topics,
  codecs: TickCodecs,
  { id, now }: { readonly id: string; readonly now: EventTime },
): readonly OutRecord[] => [
  ...toEach(interactions, codecs.encode("interactions", inputTick(id))),
  ...toEach(tallies, codecs.encode("tallies", tallyTick(now))),
];
