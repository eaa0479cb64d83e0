// What drives the alert fold (alerter task, offline twin) and what it says back: one tallies partition in, incidents out.
import type { ChangeRecord, IncidentRecord, TallyRecord } from "#schemas/generated/records.ts";
import type { RuleSet } from "./rules.ts";

/** Everything but tallies, progress and ticks that may change a decision; JSON in `control` of a `~control` record. Idempotent by `id`. */
export type Control =
  | { readonly kind: "change"; readonly id: string; readonly change: ChangeRecord }
  | { readonly kind: "act"; readonly id: string; readonly act: Act }
  | { readonly kind: "rules"; readonly id: string; readonly rules: RuleSet }
  /** Versions that may be counted from now on, as `detector_id@version:config_hash`. */
  | { readonly kind: "detector"; readonly id: string; readonly identities: readonly string[] };

/** What a person does to an incident. Times are epoch ms: the moment at which the API took it. */
export interface Act {
  readonly incidentId: string;
  readonly action: "ack" | "silence" | "unsilence" | "resolve" | "postmortem" | "close";
  readonly actor: string;
  readonly at: number;
  readonly reason: string | null;
  /** silence */
  readonly until: number | null;
  /** postmortem and close */
  readonly postmortem: Postmortem | null;
}

export interface Postmortem {
  readonly cause: "prompt" | "model" | "retrieval" | "data" | "tooling" | "gateway" | "upstream" | "apparatus" | null;
  readonly verdict: "confirmed" | "false_alarm" | "duplicate" | "known_change" | "data_fault" | null;
  readonly blast_radius: string | null;
  readonly eval_cases: readonly string[];
  readonly no_eval_case_reason: string | null;
  readonly eval_delta: number | null;
  readonly follow_ups: readonly { readonly what: string; readonly owner: string; readonly due: string }[];
  readonly apparatus_updates: readonly string[];
  /** When people reported it, if they did: epoch ms. */
  readonly reported_at: number | null;
}

/** Tallies that were not counted, and what else metrics ask for. */
export interface AlertMeters {
  /** By reason: fired_above_trials, negative, future_minute, unannounced_detector, too_late, … */
  readonly rejected: ReadonlyMap<string, number>;
  readonly slices: number;
  readonly cells: number;
  /** Slices and cells that were folded into `~other`. */
  readonly folded: number;
  /** Tracks that do not yet page. */
  readonly warming: number;
  readonly tracks: number;
}

/** The state at one offset: plain data (Maps, typed arrays, objects), one part per tenant and `~` for what they share. */
export interface AlertSnapshot {
  /** First offset that is not in it. */
  readonly offset: number;
  readonly parts: ReadonlyMap<string, unknown>;
}

export interface AlertFold {
  /**
   * Folds one record of the partition in log order: a tally, `~progress`, `~tick` (only its append time counts) or `~control`.
   * Never throws for content: what cannot be counted is counted under its reason.
   */
  add(record: TallyRecord, offset: number, appendTs: number): void;
  /** Takes the transitions since the last call, in emission order. */
  drain(): IncidentRecord[];
  /** Closes the bins up to `at` although no progress said so (offline twin). */
  advance(at: number): void;
  /** Alerter time: the least watermark over all source partitions; -Infinity until each has been heard. */
  readonly time: number;
  /** Live incidents of the log that this fold does not know, after a recovery that could not see their beginning. */
  adopt(records: readonly IncidentRecord[]): void;
  /** Serialise it before the next `add`: it shares memory with the fold. */
  snapshot(): AlertSnapshot;
  meters(): AlertMeters;
}
