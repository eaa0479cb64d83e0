// Accepted events per feature and bin over a week: what silence is measured against.

import { minute as minuteLength } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { binOf, binsPerDay } from "./bins.ts";
import type { Bin } from "./book-port.ts";

/** Plain data. */
export interface FeatureVolume {
  /** Accepted events per bin of the last week. */
  readonly counts: Float64Array;
  since: Bin;
  lastBin: Bin;
  /** Of the fullest bin so far. */
  most: number;
}

interface Volumes {
  readonly volumes: Map<string, FeatureVolume>;
}

const kept = 7 * binsPerDay;
const mostFeatures = 201;
const hourOfBins = 12;

/** All features together. */
export const anyFeature = "*";

const slot = (bin: Bin): number => bin % kept;

/** Moves on to a bin: what lies a week back gives way. */
const reach = (own: FeatureVolume, bin: Bin): void => {
  for (let next = Math.max(own.lastBin + 1, bin - kept + 1); next <= bin; next += 1) own.counts[slot(next)] = 0;
  own.lastBin = Math.max(own.lastBin, bin);
};

const addTo = (tenant: Volumes, feature: string, bin: Bin, events: number): void => {
  let own = tenant.volumes.get(feature);
  if (own === undefined) {
    if (tenant.volumes.size >= mostFeatures) return;
    own = { counts: new Float64Array(kept), since: bin, lastBin: bin, most: 0 };
    tenant.volumes.set(feature, own);
  }
  if (bin <= own.lastBin - kept) return;
  reach(own, bin);
  const count = (own.counts[slot(bin)] ?? 0) + events;
  own.counts[slot(bin)] = count;
  own.most = Math.max(own.most, count);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Takes `volumes` of a progress record: they were accepted before its minute began. */
export const hearVolumes = (record: TallyRecord, tenantOf: (name: string) => Volumes | undefined): void => {
  if (record.volumes === null || !Number.isSafeInteger(record.minute)) return;
  const told = parse(record.volumes);
  if (!isRecord(told)) return;
  const bin = binOf(record.minute - minuteLength);
  for (const [name, features] of Object.entries(told)) {
    const tenant = tenantOf(name);
    if (tenant === undefined || !isRecord(features)) continue;
    for (const [feature, events] of Object.entries(features)) {
      if (typeof events !== "number" || !Number.isSafeInteger(events) || events < 0) continue;
      addTo(tenant, feature, bin, events);
      addTo(tenant, anyFeature, bin, events);
    }
  }
};

const sum = ({ counts, since, lastBin }: FeatureVolume, from: Bin, to: Bin): number => {
  let total = 0;
  const first = Math.max(from, since, lastBin - kept + 1);
  for (let bin = first; bin <= Math.min(to, lastBin); bin += 1) total += counts[slot(bin)] ?? 0;
  return total;
};

export const volumeIn = (tenant: Volumes, feature: string, from: Bin, to: Bin): number => {
  const own = tenant.volumes.get(feature);
  return own === undefined ? 0 : sum(own, from, to);
};

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
};

/** Of the clock hour in which the bins lie, its share for so many bins; median over the days available, undefined before one. */
export const expectedVolume = (tenant: Volumes, feature: string, from: Bin, to: Bin): number | undefined => {
  const own = tenant.volumes.get(feature);
  if (own === undefined) return undefined;
  const hourStart = to - (to % hourOfBins);
  const days: number[] = [];
  for (let back = 1; back < 7; back += 1) {
    const first = hourStart - back * binsPerDay;
    if (first < own.since || first <= to - kept) break;
    days.push(sum(own, first, first + hourOfBins - 1));
  }
  return days.length === 0 ? undefined : (median(days) * (to - from + 1)) / hourOfBins;
};

const quarterHour = 3;
/** Quarters in which fewer are usual tell little about scatter. */
const fewestForScatter = 5;

/**
 * φ ≥ 1: how much more the quarter hours scatter around their hour than single events would. Events come in visits of many, so a
 * pause of a small stream is chance; Pearson's X² by its degrees of freedom, over the days kept, without the last hour.
 */
export const volumeDispersion = (tenant: Volumes, feature: string, to: Bin): number => {
  const own = tenant.volumes.get(feature);
  if (own === undefined) return 1;
  let [square, freedom] = [0, 0];
  const last = to - (to % hourOfBins) - hourOfBins;
  for (let start = last; start >= Math.max(own.since + hourOfBins, to - kept + 1); start -= hourOfBins) {
    const mean = sum(own, start, start + hourOfBins - 1) / (hourOfBins / quarterHour);
    if (mean < fewestForScatter) continue;
    for (let at = start; at < start + hourOfBins; at += quarterHour)
      square += (sum(own, at, at + quarterHour - 1) - mean) ** 2 / mean;
    freedom += hourOfBins / quarterHour - 1;
  }
  return freedom === 0 ? 1 : Math.max(1, square / freedom);
};

/** Events of the fullest bin that the feature has had. */
export const mostVolume = (tenant: Volumes, feature: string): number => tenant.volumes.get(feature)?.most ?? 0;
