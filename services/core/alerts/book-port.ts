// The interface between the counting half of the alert fold (book) and the deciding half (cases): what is known at the end of a bin.
import type { EventTime } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { AlertMeters } from "./alert-port.ts";
import type { Direction } from "./e-process.ts";
import type { Cells } from "./localise.ts";
import type { MixPart } from "./mix.ts";
import type { RuleSet } from "./rules.ts";

/** Bins are numbered: start in epoch ms ÷ 300,000. */
export type Bin = number;

/** One signal of one tenant as one detector version counts it. Only live ones (not `shadow`) have candidates. */
export interface Series {
  readonly tenant: string;
  readonly signal: string;
  readonly direction: Direction;
  /** `detector_id@version:config_hash` */
  readonly identity: string;
}

/** One (series, slice): what has a baseline and evidence. */
export interface Track {
  readonly series: Series;
  /** `*`, or dim=value pairs sorted by dimension, percent-encoded, joined by commas. */
  readonly slice: string;
  readonly pairs: readonly (readonly [dimension: string, value: string])[];
  readonly parent: Track | null;
}

export type Trigger = "e-sr" | "deploy-watch" | "warm-up" | "sustained" | "cusum" | "burn-rate";

export interface Candidate {
  readonly track: Track;
  readonly trigger: Trigger;
  /** ln E for e-sr and deploy-watch, else null. */
  readonly lnE: number | null;
  /** E that it took: T (in company less than alone), H·S/α. */
  readonly threshold: number | null;
  readonly p: number | null;
  /** deploy-watch */
  readonly changeId: string | null;
}

/** A slice that need not be tracked: the answer of a scan, a change's scope. Every pair must hold; none: everything. */
export type Scope = readonly (readonly [dimension: string, value: string])[];

export interface Sums {
  readonly n: number;
  readonly x: number;
  /** Σ n·p̂ */
  readonly expected: number;
}

/** Per bin, oldest first. */
export interface BinSums {
  readonly n: Float64Array;
  readonly x: Float64Array;
  readonly expected: Float64Array;
}

export interface Users {
  /** Distinct users with a harmful trial: exact below 16, above estimated; over midnight the larger day. */
  readonly count: number;
  /** Harmful trials of the heaviest one; 0 when users are not told apart. */
  readonly heaviest: number;
}

/** What is known of a track now. */
export interface Standing {
  /** p̂ with the hour's factor. */
  readonly baseline: number;
  readonly correlation: number;
  /** Decayed trials behind the baseline. */
  readonly trials: number;
  readonly warm: boolean;
  /** First bin with a trial. */
  readonly since: Bin;
  readonly e: number;
  /** E that a lone alarm takes: T ÷ its weight. */
  readonly loneThreshold: number;
  /** Trials expected in two hours. */
  readonly trialsInTwoHours: number;
}

export interface Book {
  /** Never throws for content. Bins that end by it are closed and queued for `next`. */
  add(record: TallyRecord, offset: number, appendTs: number): void;
  /** Lets alerter time rise although no progress said so (offline twin). */
  advance(at: EventTime): void;
  /** Alerter time, -Infinity at first. */
  readonly time: EventTime;
  /** Newest append time of a `~tick`; -Infinity at first. */
  readonly tickedAt: EventTime;
  /**
   * Closes the next bin that alerter time has passed, for all tenants; undefined: none. Call it until then after each `add`, `advance`.
   * Tenants in order of name, candidates in order of (signal, slice).
   */
  close(): { readonly bin: Bin; readonly tenants: readonly ClosedTenant[] } | undefined;

  readonly rules: RuleSet;
  setRules(rules: RuleSet): void;
  announce(identities: readonly string[]): void;

  /** In order of name. */
  tenants(): readonly string[];
  /** Live tracks of a tenant: in order of (signal, slice). */
  tracks(tenant: string): readonly Track[];
  findTrack(tenant: string, signal: string, slice: string): Track | undefined;
  standing(track: Track): Standing;
  /** Sums of any slice over bins from … to, both included; at most the last 72. */
  sums(series: Series, scope: Scope, from: Bin, to: Bin): Sums;
  bins(series: Series, scope: Scope, from: Bin, to: Bin): BinSums;
  users(series: Series, scope: Scope, from: Bin, to: Bin): Users;
  /** Response ids of harmful trials, at most five, smallest hash first. */
  examples(series: Series, scope: Scope, from: Bin, to: Bin): readonly string[];
  /** Cells for `localise`; `dimensions` in the fixed order, versions last. Only those inside the scope. */
  cells(series: Series, scope: Scope, from: Bin, to: Bin): Cells;
  /** Largest E over the stored bins of the scope, re-run from 0 without the heaviest user of each bin. */
  evidenceWithoutHeaviest(track: Track, scope: Scope, from: Bin, to: Bin): number;
  /** Per value of a dimension inside the scope: shares and rates in the window against those before (the day before it, from baselines). */
  mix(
    series: Series,
    scope: Scope,
    dimension: string,
    from: Bin,
    to: Bin,
  ): readonly (MixPart & { readonly value: string })[];
  /** 28-day reference and daily rates of a track: for `sustained`. */
  reference(track: Track): { readonly rate: number; readonly today: Sums; readonly yesterday: Sums };
  /** Trials in the scope of both and of either: for J of a change. */
  overlap(
    series: Series,
    a: Scope,
    b: Scope,
    from: Bin,
    to: Bin,
  ): { readonly both: number; readonly a: number; readonly b: number };

  /** From this bin on the track's bins do not reach its baseline, until `thaw`. Idempotent. */
  freeze(track: Track, from: Bin): void;
  thaw(track: Track): void;
  /** E := 0 (after an incident closes). */
  restart(track: Track): void;
  /** Baseline := the last 24 h; E := 0. */
  newLevel(track: Track): void;

  /** A second e-SR from 0 for the slice in each watched series; stored bins since `at` are stepped at once. */
  watch(tenant: string, changeId: string, scope: Scope, at: EventTime): void;

  /** Accepted events of a tenant's feature ("" none) in the bins from … to; `*`: all. */
  volume(tenant: string, feature: string, from: Bin, to: Bin): number;
  features(tenant: string): readonly string[];
  /** Median volume of the same fifteen minutes of the clock over the days available; undefined before one day. */
  expectedVolume(tenant: string, feature: string, from: Bin, to: Bin): number | undefined;
  /** Of the fullest bin that the feature has had. */
  mostVolume(tenant: string, feature: string): number;
  /** φ of the feature's quarter hours, ≥ 1: events come in visits. */
  volumeDispersion(tenant: string, feature: string, to: Bin): number;
  /** Trials of a track expected in from … to by the same clock hours of the days available; undefined before one day. */
  expectedTrials(track: Track, from: Bin, to: Bin): number | undefined;

  meters(): AlertMeters;
  /** Plain data, one part per tenant and `~`; shares memory with the book. */
  snapshot(): ReadonlyMap<string, unknown>;
}

export interface ClosedTenant {
  readonly tenant: string;
  readonly candidates: readonly Candidate[];
}
