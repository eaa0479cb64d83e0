// Which tallies count: what is wrong with one on its own, and whose detector version it comes from.

import { type SignalKind, signalKinds } from "#core/signals.ts";
import { minute } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { createSeries, type SeriesState } from "./series.ts";
import { seriesKey, type TenantState } from "./tenant.ts";
import { isSketch } from "./users.ts";

const kinds: ReadonlyMap<string, SignalKind> = new Map(signalKinds.map((kind) => [kind.type, kind]));

export const kindOf = (type: string): SignalKind | undefined => kinds.get(type);

export type RejectReason =
  | "malformed"
  | "unknown_signal"
  | "negative"
  | "fired_above_trials"
  | "malformed_users"
  | "future_minute"
  | "too_late"
  | "unannounced_detector"
  | "over_budget"
  | "malformed_progress";

const isCount = (value: number): boolean => Number.isSafeInteger(value);

/** Room of a row's number for source partitions. */
export const mostPartitions = 1_024;

/** What is wrong with a tally whatever was said before. */
export const faultOf = (record: TallyRecord): RejectReason | undefined => {
  const { trials, fired, minute: at, stamp, source_partition: partition, users } = record;
  if (!(isCount(trials) && isCount(fired) && isCount(stamp) && isCount(partition) && isCount(at))) return "malformed";
  if (trials < 0 || fired < 0) return "negative";
  if (partition < 0 || partition >= mostPartitions || at < 0 || at % minute !== 0) return "malformed";
  if (fired > trials) return "fired_above_trials";
  if (users !== null && !isSketch(users)) return "malformed_users";
  return undefined;
};

/** Versions of one signal that are counted side by side. */
const mostVersions = 4;

const identityOf = ({ detector_id: id, detector_version: version, config_hash: config }: TallyRecord): string =>
  `${id ?? ""}@${version}:${config}`;

/**
 * The series of a tally. The first live version of a tenant's signal announces itself, later ones must have been announced; those
 * on trial (`shadow`) need not, for they never alarm. Undefined: not announced, or too many at once.
 */
export const seriesOf = (
  tenant: TenantState,
  record: TallyRecord,
  kind: SignalKind,
  announced: ReadonlySet<string>,
): SeriesState | undefined => {
  const identity = identityOf(record);
  const key = seriesKey(kind.type, identity);
  const known = tenant.series.get(key);
  const shadow = record.shadow === true;
  if (known !== undefined && (shadow || !known.shadow)) return known;
  const versions = [...tenant.series.values()].filter(({ series }) => series.signal === kind.type);
  const isFirst = versions.every((version) => version.shadow);
  if (!shadow && !isFirst && !announced.has(identity)) return undefined;
  if (known !== undefined) {
    known.shadow = false;
    return known;
  }
  if (versions.length >= mostVersions) return undefined;
  const unfired = kind.harm === "unfired";
  const series = createSeries(
    { tenant: tenant.name, signal: kind.type, direction: unfired ? "fall" : "rise", identity },
    shadow,
    unfired,
  );
  tenant.series.set(key, series);
  return series;
};
