// Control records: whatever may change a decision besides tallies, written into the log that the fold reads.
import type { OutRecord } from "#adapters/broker-port.ts";
import type { Control } from "#core/alerts/alert-port.ts";
import { codeVersion } from "#runtime/version.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";

export const controlType = "~control";

export interface ControlPorts {
  /** Full name of `tallies`. */
  readonly topic: string;
  readonly codecs: { encode(kind: "tallies", record: TallyRecord): Buffer };
}

/** `tenant`: whom it is about, `*` for all. `at`: epoch ms. */
const controlTally = (tenant: string, at: number, control: Control): TallyRecord => ({
  tenant,
  signal_type: controlType,
  detector_version: codeVersion,
  config_hash: "",
  minute: Math.floor(at / 60_000) * 60_000,
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

export interface ControlRecord {
  readonly tenant: string;
  readonly at: number;
  readonly control: Control;
}

/** The record for one partition of `tallies`. */
export const controlOut = (
  { topic, codecs }: ControlPorts,
  partition: number,
  { tenant, at, control }: ControlRecord,
): OutRecord => ({
  topic,
  partition,
  key: controlType,
  value: codecs.encode("tallies", controlTally(tenant, at, control)),
});

/** The version of the rules that a record of `tallies` brings into force; undefined: it brings none. */
export const activatedRules = ({ signal_type: type, control }: TallyRecord): string | undefined => {
  if (type !== controlType || control === null) return undefined;
  try {
    const { kind, rules } = JSON.parse(control) as { readonly kind?: unknown; readonly rules?: { version?: unknown } };
    return kind === "rules" && typeof rules?.version === "string" ? rules.version : undefined;
  } catch {
    // Not ours: the fold counts it.
    return undefined;
  }
};
