// Simulated tallies: tenants of cells whose trials follow day and week and whose rates drift, scatter, rise and move as a story says.

import { day, type EventTime, hour, minute } from "#core/time.ts";
import { createRandom, type Random } from "#infra/dev/random.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { createSampler, type Sampler } from "./sampling.ts";

export const bin = 5 * minute;

/** Monday, 2 March 2026, 00:00 UTC. */
export const monday: EventTime = 1_772_409_600_000;

type Dimension = "feature" | "segment" | "tier" | "device" | "app_version" | "prompt_version" | "model" | "release";

export interface Cell {
  /** Left out: null on the wire. */
  readonly slice: Readonly<Partial<Record<Dimension, string>>>;
  /** Mean trials a bin over the week. */
  readonly trials: number;
  /** Base rate of `fired`. */
  readonly base: number;
  readonly signal?: string;
}

export interface Tenant {
  readonly name: string;
  readonly cells: readonly Cell[];
  /** Correlation between the trials of one cell and bin. */
  readonly rho: number;
  /** Day and week cycle of the traffic; default true. */
  readonly cycle?: boolean;
  /** Amplitude of the daily drift of the base rate; default .15. */
  readonly drift?: number;
  /** What happens: factors on a cell's rate and on its trials. */
  readonly rate?: (cell: Cell, at: EventTime) => number;
  readonly volume?: (cell: Cell, at: EventTime) => number;
  /** Share of the trials that still become one, of a control that lost the others although their events arrive; default all. */
  readonly kept?: (at: EventTime) => number;
  /** Share of the fired trials that one user made; default none: nearly everybody is another. */
  readonly heavyUser?: (cell: Cell, at: EventTime) => number;
}

export const signal = "implicit:regenerate";
export const identity = { detector_id: "sim", detector_version: "1", config_hash: "0" } as const;

/** Traffic by hour and weekday around 1: nights at a third of the afternoons, weekends at two thirds. */
export const cycleAt = (at: EventTime): number => {
  const daily = 1 + 0.5 * Math.sin((2 * Math.PI * ((at % day) - 9 * hour)) / day);
  const weekday = Math.floor((at - monday) / day) % 7;
  return daily * (weekday >= 5 ? 0.7 : 1.12);
};

/** A tally without trials. */
export const emptyTally: TallyRecord = {
  tenant: "",
  signal_type: signal,
  ...identity,
  minute: 0,
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
  examples: null,
  shadow: null,
  source_partitions: null,
  incarnation: null,
  watermark: null,
  volumes: null,
  control: null,
};

const sketchSize = 16;
const entryBytes = 10;

/** Ascending pairs of 32-bit words, high first: the least of `users` uniform hashes by their spacings. */
const leastHashes = (users: number, random: Random): (readonly [high: number, low: number])[] => {
  const hashes: (readonly [number, number])[] = [];
  let reached = 0;
  for (let left = users; left > 0 && hashes.length < sketchSize; left -= 1) {
    reached += (1 - reached) * (1 - random.unit() ** (1 / left));
    const scaled = reached * 2 ** 32;
    const high = Math.min(2 ** 32 - 1, Math.floor(scaled));
    hashes.push([high, Math.floor((scaled - high) * 2 ** 32)]);
  }
  return hashes;
};

/** The heavy user's hash is always among the least: what is tested is the guard, not the luck of a sketch. */
const heavyHash = [7, 7] as const;

/** Users of `fired` harmful trials, of which `heavy` are one user's. */
const sketch = (fired: number, heavy: number, random: Random): Uint8Array | null => {
  if (fired === 0) return null;
  const others = leastHashes(fired - heavy, random);
  const entries = heavy > 0 ? [heavyHash, ...others.slice(0, sketchSize - 1)] : others;
  const bytes = Buffer.allocUnsafe(entries.length * entryBytes);
  for (const [index, [high, low]] of entries.entries()) {
    bytes.writeUInt32BE(high, index * entryBytes);
    bytes.writeUInt32BE(low, index * entryBytes + 4);
    bytes.writeUInt16BE(index === 0 && heavy > 0 ? heavy : 1, index * entryBytes + 8);
  }
  return bytes;
};

export interface Traffic {
  /** The tallies of the bin that starts at `at`: one per cell with a trial, all in its first minute. */
  tallies(at: EventTime): TallyRecord[];
}

interface Stream {
  readonly cell: Cell;
  /** Null record of the cell. */
  readonly record: TallyRecord;
  /** Of the drift of its base rate. */
  readonly phase: number;
}

const drawTally = (
  { cell, record, phase }: Stream,
  { rho, cycle = true, drift = 0.15, rate, volume, kept, heavyUser }: Tenant,
  at: EventTime,
  { random, sampler }: { readonly random: Random; readonly sampler: Sampler },
): TallyRecord | undefined => {
  const trials = sampler.poisson(
    cell.trials * (cycle ? cycleAt(at) : 1) * (volume?.(cell, at) ?? 1) * (kept?.(at) ?? 1),
  );
  if (trials === 0) return undefined;
  const drifted = cell.base * (1 + drift * Math.sin((2 * Math.PI * at) / day + phase));
  const mean = Math.min(0.95, drifted * (rate?.(cell, at) ?? 1));
  const strength = 1 / rho - 1;
  const drawn = rho > 0 ? sampler.beta(mean * strength, (1 - mean) * strength) : mean;
  const fired = sampler.binomial(trials, drawn);
  const heavy = heavyUser === undefined ? 0 : Math.round(fired * heavyUser(cell, at));
  return { ...record, minute: at, stamp: at, trials, fired, users: sketch(fired, heavy, random) };
};

export const createTraffic = (tenant: Tenant, seed: number): Traffic => {
  const random = createRandom(seed);
  const sampler = createSampler(random);
  const streams = tenant.cells.map((cell): Stream => {
    const record = { ...emptyTally, ...cell.slice, tenant: tenant.name, signal_type: cell.signal ?? signal };
    return { cell, record, phase: 2 * Math.PI * random.unit() };
  });
  return {
    tallies: (at) => streams.flatMap((stream) => drawTally(stream, tenant, at, { random, sampler }) ?? []),
  };
};
