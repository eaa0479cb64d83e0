// Plays simulated traffic and changes through the real fold, bin by bin, and takes the incidents that it opens.
import { createAlertFold, defaultAlertSettings } from "#core/alerts/alert-fold.ts";
import type { Control } from "#core/alerts/alert-port.ts";
import { controlRecord } from "#core/alerts/control-record.ts";
import { defaultRule, type Rule, type RuleSet } from "#core/alerts/rules.ts";
import type { EventTime } from "#core/time.ts";
import type { ChangeRecord, IncidentRecord, TallyRecord } from "#schemas/generated/records.ts";
import { bin, createTraffic, emptyTally, identity, signal, type Tenant } from "./traffic.ts";

export interface Play {
  readonly tenants: readonly Tenant[];
  readonly from: EventTime;
  readonly to: EventTime;
  readonly seed: number;
  readonly changes?: readonly ChangeRecord[];
  readonly rules?: RuleSet;
  /** Hears every tally, for what a story knows better than the fold. */
  readonly hear?: (tally: TallyRecord) => void;
}

/** The default rule on the one simulated signal alone: thresholds depend on how many signals are watched. */
export const rulesOf = (fields: Partial<Rule> = {}): RuleSet => ({
  version: "simulated",
  rules: [{ ...defaultRule, signals: [signal], ...fields }],
  silences: [],
  pairs: [],
  priors: { [signal]: 0.05 },
});

export const changeOf = (fields: Partial<ChangeRecord> & Pick<ChangeRecord, "change_id" | "ts">): ChangeRecord => ({
  tenant: "*",
  kind: "prompt",
  scope: "*",
  from: null,
  to: null,
  reverts: null,
  rollback_ref: null,
  owner: null,
  url: null,
  ...fields,
});

/** Accepted events by tenant and feature since the last progress, as the detector tells them: here one per trial. */
type Volumes = Record<string, Record<string, number>>;

/** Every transition of every incident, in emission order. */
export const play = ({
  tenants,
  from,
  to,
  seed,
  changes = [],
  rules = rulesOf(),
  hear,
}: Play): readonly IncidentRecord[] => {
  const fold = createAlertFold({ partition: 0, rules, settings: defaultAlertSettings });
  const streams = tenants.map((tenant, index) => ({
    traffic: createTraffic(tenant, seed * 100_003 + index),
    kept: tenant.kept,
  }));
  const due = changes.toSorted((a, b) => a.ts - b.ts);
  let offset = 0;

  const tell = (tenant: string, control: Control, at: EventTime): void => {
    fold.add(controlRecord(tenant, at, control), offset++, at);
  };
  const { detector_id: id, detector_version: version, config_hash: config } = identity;
  tell("*", { kind: "detector", id: "announced", identities: [`${id}@${version}:${config}`] }, from);

  let told = 0;
  for (let at = from; at < to; at += bin) {
    const end = at + bin;
    for (let change = due[told]; change !== undefined && change.ts < end; change = due[told]) {
      tell(change.tenant, { kind: "change", id: change.change_id, change }, change.ts);
      told += 1;
    }
    const volumes: Volumes = {};
    for (const { traffic, kept } of streams) {
      for (const record of traffic.tallies(at)) {
        fold.add(record, offset++, end);
        hear?.(record);
        const features = (volumes[record.tenant] ??= {});
        const feature = record.feature ?? "";
        features[feature] = (features[feature] ?? 0) + Math.round(record.trials / (kept?.(at) ?? 1));
      }
    }
    const progress = {
      tenant: "~",
      stamp: end,
      signal_type: "~progress",
      source_partitions: 1,
      incarnation: 1,
      watermark: end,
      minute: at,
    };
    fold.add({ ...emptyTally, ...progress, volumes: JSON.stringify(volumes) }, offset++, end);
  }
  return fold.drain();
};

/** First records of incidents: each opening once. */
export const openings = (records: readonly IncidentRecord[]): readonly IncidentRecord[] =>
  records.filter(({ rev }) => rev === 1);
