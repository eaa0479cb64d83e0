// What ClickHouse's error codes mean: for the caller, who tries again, halves a block or stops, and for the operator.
import type { ErrorCode } from "#runtime/errors.ts";

export type StoreErrorKind =
  /** Away, busy or unknown outcome: the same block under the same token, for ever. */
  | "retryable"
  /** A row does not fit its table: halve the block. */
  | "data"
  /** Missing table, rights, wrong credentials: stop, say so, reject nothing. */
  | "configuration";

/** Busy, overloaded, read-only for now, or of unknown outcome. */
const retryable = [3, 107, 159, 164, 202, 203, 209, 210, 241, 242, 252, 285, 319, 425, 999];

/** Parsing and types: nothing of the block landed. */
const data = [6, 26, 27, 33, 38, 41, 53, 117, 131];

const missing = [16, 60, 81];
const refused = [192, 193, 194, 497, 516];
/** SQL or settings that this server does not know. */
const unknown = [47, 62, 115];

const kinds: ReadonlyMap<number, StoreErrorKind> = new Map([
  ...retryable.map((code) => [code, "retryable"] as const),
  ...data.map((code) => [code, "data"] as const),
  ...[...missing, ...refused, ...unknown].map((code) => [code, "configuration"] as const),
]);

/** A code that is not listed is retried: nothing is lost by waiting, and a row may only be rejected for what is in it. */
export const kindOfCode = (code: number): StoreErrorKind => kinds.get(code) ?? "retryable";

export interface Reading {
  readonly code: ErrorCode;
  readonly cure?: string;
}

export const readingOf = (kind: StoreErrorKind, serverCode: number | undefined): Reading => {
  if (kind === "retryable" && serverCode === undefined)
    return {
      code: "store_unavailable",
      cure: "Does it run, and is CLICKHOUSE_URL its HTTP port? `npm run stack` starts a local one.",
    };
  if (kind === "retryable") return { code: "store_unavailable" };
  if (kind === "data") return { code: "row_refused" };
  if (serverCode !== undefined && missing.includes(serverCode))
    return { code: "missing_table", cure: "Run: npm run migrate" };
  if (serverCode !== undefined && refused.includes(serverCode))
    return { code: "forbidden", cure: "Look at CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, and at that user's grants." };
  return { code: "store_mismatch" };
};
