// How a control travels: as JSON in a tally of no trials, in the partition of whom it concerns.
import { type EventTime, minuteOf } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { Control } from "./alert-port.ts";

/** `tenant`: whom it concerns; `*` all. `at`: when it was given; for people and tables, the fold goes by its place in the log. */
export const controlRecord = (tenant: string, at: EventTime, control: Control): TallyRecord => ({
  tenant,
  signal_type: "~control",
  detector_version: "1",
  config_hash: "",
  minute: minuteOf(at),
  source_partition: 0,
  trials: 0,
  fired: 0,
  stamp: 0,
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
  users: null,
  detector_id: null,
  examples: null,
  shadow: null,
  source_partitions: null,
  incarnation: null,
  watermark: null,
  volumes: null,
  control: JSON.stringify(control),
});
