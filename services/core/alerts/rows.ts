// Tallies of one bin as they came: per cell, minute and source partition the one with the highest stamp, until nothing can correct it any more.
import type { TallyRecord } from "#schemas/generated/records.ts";

/** Column by column; plain data. */
export interface Rows {
  /** Row by identity within the bin. */
  readonly at: Map<number, number>;
  readonly raw: number[];
  readonly incarnation: number[];
  readonly stamp: number[];
  readonly trials: number[];
  readonly fired: number[];
  readonly users: (Uint8Array | null)[];
  readonly examples: (string | null)[];
  /** Something came since the bin was last summed. */
  changed: boolean;
}

export const createRows = (): Rows => ({
  at: new Map(),
  raw: [],
  incarnation: [],
  stamp: [],
  trials: [],
  fired: [],
  users: [],
  examples: [],
  changed: true,
});

/** What is to be kept of a validated tally: `raw` is the number of its tuple. Positional parts, for a million come a second. */
const write = (rows: Rows, index: number, raw: number, incarnation: number, record: TallyRecord): void => {
  rows.raw[index] = raw;
  rows.incarnation[index] = incarnation;
  rows.stamp[index] = record.stamp;
  rows.trials[index] = record.trials;
  rows.fired[index] = record.fired;
  // The bytes may lie in a whole batch of the broker, which would then be kept.
  rows.users[index] = record.users === null ? null : new Uint8Array(record.users);
  rows.examples[index] = record.examples;
  rows.changed = true;
};

/** Whether a tally is newer than the one that is kept. Two that differ at one stamp cannot be; the larger one, so that order decides nothing. */
const isNewer = (rows: Rows, index: number, incarnation: number, { stamp, trials, fired }: TallyRecord): boolean =>
  (incarnation - (rows.incarnation[index] ?? 0) ||
    stamp - (rows.stamp[index] ?? 0) ||
    trials - (rows.trials[index] ?? 0) ||
    fired - (rows.fired[index] ?? 0)) > 0;

/** Rows of one bin that are kept apart: what a hostile source may take of memory. */
const mostRows = 250_000;

/** Keeps a tally unless a newer one of the same identity is there; false: there is no room for another identity. */
export const putRow = (
  rows: Rows,
  identity: number,
  raw: number,
  incarnation: number,
  record: TallyRecord,
): boolean => {
  const index = rows.at.get(identity);
  if (index === undefined) {
    if (rows.raw.length >= mostRows) return false;
    rows.at.set(identity, rows.raw.length);
    write(rows, rows.raw.length, raw, incarnation, record);
  } else if (isNewer(rows, index, incarnation, record)) write(rows, index, raw, incarnation, record);
  return true;
};
