// The intent log's entry: what the metadata of a committed offset says about the range being landed, and the token of a range.
import type { Partition } from "#adapters/broker-port.ts";

/** First and last offset of a range, both included. */
export type Bounds = readonly [first: number, last: number];

export interface Intent {
  /** Incarnation of the topic under which it was written; null: an offset without metadata, set by hand. */
  readonly inc: number | null;
  /** The range that may or may not have been inserted. */
  readonly pend: Bounds | null;
  /** Assignments since the last progress: what kills the process shows here. */
  readonly tries: number;
}

/** Stays far below the broker's 4,096 bytes: about 70 with the largest offsets. */
export const writeIntent = (intent: { inc: number; pend?: Bounds | null; tries?: number }): string =>
  JSON.stringify({
    v: 1,
    inc: intent.inc,
    ...(intent.pend ? { pend: intent.pend } : {}),
    ...(intent.tries ? { try: intent.tries } : {}),
  });

const offset = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Null: not ours, or of a later version. An empty text is an offset that somebody set by hand: nothing is pending. */
export const readIntent = (metadata: string): Intent | null => {
  if (metadata === "") return { inc: null, pend: null, tries: 0 };
  let parsed: unknown;
  try {
    parsed = JSON.parse(metadata);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  const { v, inc, pend, try: tries = 0 } = parsed as Record<string, unknown>;
  if (v !== 1 || !offset(inc) || !offset(tries)) return null;
  if (pend === undefined) return { inc, pend: null, tries };
  if (!Array.isArray(pend) || pend.length !== 2) return null;
  const [first, last] = pend as unknown[];
  return offset(first) && offset(last) && first <= last ? { inc, pend: [first, last], tries } : null;
};

/** The deduplication token: never used for other rows, so it carries the topic's incarnation. */
export const tokenOf = (inc: number, { topic, partition }: Partition, [first, last]: Bounds): string =>
  `${inc}/${topic}:${partition}:${first}-${last}`;
