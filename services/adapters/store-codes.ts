// What ClickHouse's error codes mean for whoever inserts: try again, a row does not fit, or somebody must change something.
import type { StoreErrorKind } from "./store-port.ts";

/** The same block under the same token, for as long as it lasts: busy, overloaded, read-only for now, or of unknown outcome. */
const retryable = [3, 107, 159, 164, 202, 203, 209, 210, 241, 242, 252, 285, 319, 425, 999];

/** Parsing and types: nothing of the block landed. */
const data = [6, 26, 27, 33, 38, 41, 53, 117, 131];

/** Missing column, table or database; users and rights; SQL or settings that this server does not know. */
const configuration = [16, 47, 60, 62, 81, 115, 192, 193, 194, 497, 516];

const kinds: ReadonlyMap<number, StoreErrorKind> = new Map([
  ...retryable.map((code) => [code, "retryable"] as const),
  ...data.map((code) => [code, "data"] as const),
  ...configuration.map((code) => [code, "configuration"] as const),
]);

/** An unknown code is retried: nothing is lost by waiting, and a row may only be rejected for what is in it. */
export const kindOfCode = (code: number): StoreErrorKind => kinds.get(code) ?? "retryable";

const missing = new Set([16, 60, 81]);
const refused = new Set([192, 193, 194, 516]);

/** What to do about it, as the end of a message. */
export const cureOfCode = (code: number): string => {
  if (missing.has(code)) return "; run: npm run migrate";
  return refused.has(code) ? "; look at CLICKHOUSE_USER and CLICKHOUSE_PASSWORD" : "";
};
