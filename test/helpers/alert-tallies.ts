// Records of a tallies partition for tests of alerting: builders with defaults, and what a book says at the end of each bin.
import type { Bin, Book, Candidate } from "#core/alerts/book-port.ts";
import { minute } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";

const fiveMinutes = 5 * minute;

/** 2 March 2026, 00:00 UTC. */
export const firstBin: Bin = 1_772_409_600_000 / fiveMinutes;
export const tenant = "acme";
export const signal = "implicit:regenerate";

/** 20 of 1,000 trials in the first minute of the first bin. */
export const tally = (fields: Partial<TallyRecord> = {}): TallyRecord => ({
  tenant,
  signal_type: signal,
  detector_version: "1",
  config_hash: "c",
  minute: firstBin * fiveMinutes,
  source_partition: 0,
  trials: 1_000,
  fired: 20,
  stamp: 1,
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
  detector_id: "d",
  examples: null,
  shadow: null,
  source_partitions: null,
  incarnation: null,
  watermark: null,
  volumes: null,
  control: null,
  ...fields,
});

export const inBin = (bin: Bin, fields: Partial<TallyRecord> = {}): TallyRecord =>
  tally({ minute: bin * fiveMinutes, stamp: bin, ...fields });

export const progress = (watermark: number, fields: Partial<TallyRecord> = {}): TallyRecord =>
  tally({
    tenant: "~",
    signal_type: "~progress",
    trials: 0,
    fired: 0,
    minute: Math.floor(watermark / minute) * minute,
    source_partitions: 1,
    incarnation: 1,
    watermark,
    stamp: watermark,
    ...fields,
  });

export const endOfBin = (bin: Bin): number => (bin + 1) * fiveMinutes;

/** Users with so many harmful trials each. */
export const sketchOf = (users: Readonly<Record<number, number>>): Uint8Array => {
  const entries = Object.entries(users).map(([hash, trials]) => [BigInt(hash), trials] as const);
  const bytes = new Uint8Array(10 * entries.length);
  const view = new DataView(bytes.buffer);
  for (const [index, [hash, trials]] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).entries()) {
    view.setBigUint64(10 * index, hash);
    view.setUint16(10 * index + 8, trials);
  }
  return bytes;
};

export interface Said extends Pick<Candidate, "trigger" | "lnE" | "threshold" | "p" | "changeId"> {
  readonly bin: Bin;
  readonly signal: string;
  readonly slice: string;
}

/** Closes what is due; every candidate with its bin. */
export const closeAll = (book: Book): readonly Said[] => {
  const said: Said[] = [];
  for (let closed = book.close(); closed !== undefined; closed = book.close()) {
    const { bin } = closed;
    for (const { candidates } of closed.tenants)
      for (const { track, ...rest } of candidates)
        said.push({ bin, signal: track.series.signal, slice: track.slice, ...rest });
  }
  return said;
};

/** Adds records that came in one bin, then closes it. */
export const playBin = (book: Book, bin: Bin, records: readonly TallyRecord[]): readonly Said[] => {
  for (const record of records) book.add(record, 0, endOfBin(bin));
  book.add(progress(endOfBin(bin)), 0, endOfBin(bin));
  return closeAll(book);
};
