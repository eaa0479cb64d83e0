// What drives the engine (detector task, replay) and what it says back: records in log order in, outputs in emission order out.
import type { InteractionRecord, LateRecord, SignalRecord, TallyRecord } from "#schemas/generated/records.ts";

/** A decoded, valid interaction at its place in the log. */
export interface Incoming {
  readonly interaction: InteractionRecord;
  readonly offset: number;
  /** Kafka append time; for a re-keyed copy that of the original. */
  readonly appendTs: number;
  readonly schemaId: number;
}

/** What became of a record. The caller turns `reject` into a record on `rejects`. */
export type Verdict =
  | { readonly kind: "applied" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "late"; readonly reason: "late" | "visit_full" }
  | { readonly kind: "reject"; readonly reason: string; readonly field: string };

export type Output =
  | { readonly kind: "signal"; readonly record: SignalRecord }
  | { readonly kind: "tally"; readonly record: TallyRecord }
  | { readonly kind: "late"; readonly record: LateRecord }
  /** Goes to EVERY partition of `tallies`, after all outputs before it. */
  | { readonly kind: "progress"; readonly record: TallyRecord };

/** Where the engine's input comes from; goes into provenance. */
export interface Source {
  readonly topic: string;
  readonly partition: number;
  readonly partitions: number;
  readonly incarnation: number;
}

export interface Engine {
  /** Folds one record in log order. Settles due timers first. Outputs gather until `drain`. */
  apply(record: Incoming): Verdict;
  /** A clock tick in the log: only its append time counts. */
  tick(appendTs: number, offset: number): void;
  /**
   * Ends a recovery: the watermark is at least what was committed. A fold of the horizon reaches it by itself, unless the ticks
   * that moved it lie further back. Call it before the first live record, then `drain` and drop.
   */
  resume(watermark: number): void;
  /** Takes the outputs since the last call, in emission order. */
  drain(): Output[];
  /** Ends every visit and flushes every minute, as if silence had lasted (replay `--flush`). */
  flush(): void;
  /** The partition's watermark, epoch ms; -Infinity before the first event. */
  readonly watermark: number;
  /** Live visits, for metrics and budgets. */
  readonly visits: number;
}
