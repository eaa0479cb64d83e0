// Tallies in: what is wrong with one is said, else it takes its place in its cell and bin; of one identity the highest stamp holds.

import { type SignalKind, signalKinds } from "#core/signals.ts";
import type { EventTime } from "#core/time.ts";
import { day, minute as minuteLength } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import {
  binOf,
  type CellBin,
  type CellState,
  endOf,
  grace,
  type Part,
  type SeriesState,
  type SharedState,
  slotOf,
} from "./book-state.ts";
import { isSketch } from "./users.ts";

const kinds: ReadonlyMap<string, SignalKind> = new Map(signalKinds.map((kind) => [kind.type, kind]));

export const kindOf = (signal: string): SignalKind | undefined => kinds.get(signal);

/** No clock of a producer may carry a bin ahead of the broker's: minutes end at most five minutes after their append time. */
const farthestAhead = 10 * minuteLength;
/** Where append times are not known (a file), no pause is longer. */
const longestPause = 40 * day;
/** Before any product that this could watch. */
const earliest: EventTime = 1_420_070_400_000;

const isCount = (value: number): boolean => Number.isSafeInteger(value);

const wrongCounts = ({ trials, fired }: TallyRecord): string | undefined => {
  if (!isCount(trials) || !isCount(fired)) return "not_a_count";
  if (trials < 0 || fired < 0) return "negative";
  return fired > trials ? "fired_above_trials" : undefined;
};

const wrongTime = ({ minute }: TallyRecord, shared: SharedState, appendTs: number): string | undefined => {
  if (!Number.isSafeInteger(minute) || minute < earliest) return "implausible_minute";
  const known = Number.isFinite(shared.newest);
  if (Number.isFinite(appendTs) ? minute > appendTs + farthestAhead : known && minute > shared.newest + longestPause)
    return "future_minute";
  const bin = binOf(minute);
  if (bin <= shared.closed && endOf(bin) + grace <= shared.time) return "too_late";
  return undefined;
};

/** Why a tally is not counted; undefined: it is well-formed. Whether its version was announced is asked elsewhere. */
export const faultOf = (record: TallyRecord, shared: SharedState, appendTs: number): string | undefined => {
  if (record.tenant === "") return "no_tenant";
  if (!kinds.has(record.signal_type)) return "unknown_signal";
  const fault = wrongCounts(record) ?? wrongTime(record, shared, appendTs);
  if (fault !== undefined) return fault;
  if (!isCount(record.stamp) || !isCount(record.source_partition)) return "not_a_count";
  const users: Uint8Array | number | null = record.users;
  return users !== null && typeof users !== "number" && !isSketch(users) ? "malformed_users" : undefined;
};

const openBin = (series: SeriesState, cell: CellState, bin: number): CellBin => {
  let cells = series.bins.get(bin);
  if (cells === undefined) series.bins.set(bin, (cells = new Map()));
  let own = cells.get(cell);
  if (own === undefined) cells.set(cell, (own = { n: 0, x: 0, expected: 0, parts: [] }));
  return own;
};

const partOf = (parts: Part[], record: TallyRecord): Part => {
  for (let i = parts.length - 1; i >= 0; i -= 1) {
    const part = parts[i];
    if (part?.minute === record.minute && part.source === record.source_partition) return part;
  }
  const made: Part = {
    minute: record.minute,
    source: record.source_partition,
    incarnation: -1,
    stamp: -1,
    n: 0,
    x: 0,
    users: null,
    examples: null,
  };
  parts.push(made);
  return made;
};

/** Counts a well-formed tally. Bins already closed pass the difference on to their slices, whose baseline lags an hour. */
export const count = (
  record: TallyRecord,
  { shared, series, cell }: { readonly shared: SharedState; readonly series: SeriesState; readonly cell: CellState },
): void => {
  const bin = binOf(record.minute);
  const own = openBin(series, cell, bin);
  const part = partOf(own.parts, record);
  const newer =
    shared.incarnation > part.incarnation || (shared.incarnation === part.incarnation && record.stamp > part.stamp);
  if (!newer) return;
  const [dn, dx] = [record.trials - part.n, record.fired - part.x];
  part.incarnation = shared.incarnation;
  part.stamp = record.stamp;
  part.n = record.trials;
  part.x = record.fired;
  part.users = record.users;
  part.examples = record.examples;
  own.n += dn;
  own.x += dx;
  if (bin > cell.lastBin) cell.lastBin = bin;
  if (record.minute > shared.newest) shared.newest = record.minute;
  if (!(bin <= shared.closed)) return;
  const slot = slotOf(bin);
  for (const track of cell.of[series.index]?.tracks ?? []) {
    track.n[slot] = (track.n[slot] ?? 0) + dn;
    track.x[slot] = (track.x[slot] ?? 0) + dx;
  }
};
