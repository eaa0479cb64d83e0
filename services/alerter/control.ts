// Control records: whatever may change a decision besides tallies, written into the log that the fold reads.
import type { OutRecord } from "#adapters/broker-port.ts";
import type { Control } from "#core/alerts/alert-port.ts";
import { controlRecord } from "#core/alerts/control-record.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";

const controlType = "~control";

export interface ControlPorts {
  /** Full name of `tallies`. */
  readonly topic: string;
  readonly codecs: { encode(kind: "tallies", record: TallyRecord): Buffer };
}

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
  value: codecs.encode("tallies", controlRecord(tenant, at, control)),
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
