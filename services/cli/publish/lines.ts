// What a sort of lines is to publish: how one is judged, and which record of which topic it becomes.
import type { ChangeRecord, InteractionRecord } from "#schemas/generated/records.ts";
import type { Topics } from "#schemas/topics.ts";

export interface Event {
  readonly kind: "interactions" | "changes";
  readonly record: InteractionRecord | ChangeRecord;
  readonly key: string | null;
  readonly partition: number;
}

/** `bad`: what is wrong, without quoting the line: it may hold a user's words. */
export type Judged = { readonly event: Event } | { readonly bad: string };

export interface Sort {
  readonly kind: Event["kind"];
  /** Of a parsed line: the event time that `--rebase` shifts; undefined: none, or none that can be read. */
  timeOf(line: unknown): number | undefined;
  /** `shift`: added to the event time, ms. */
  judge(line: unknown, shift: number, now: number): Judged;
}

export interface SortOptions {
  readonly topics: Topics;
  /** Oldest interaction that is taken, ms. */
  readonly pastWindow: number;
}
