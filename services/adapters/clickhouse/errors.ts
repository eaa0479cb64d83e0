// From what @clickhouse/client throws to an error with its kind, without a row's values in its message.
import { ClickHouseError } from "@clickhouse/client";
import { kindOfCode } from "#adapters/store-codes.ts";
import { StoreError } from "#adapters/store-port.ts";

/** Of a server's text the first line: what follows may show the values of a row. */
const firstLine = (text: string): string => text.split("\n", 1)[0]?.slice(0, 500) ?? "";

export const toStoreError = (what: string, thrown: unknown): StoreError => {
  if (thrown instanceof StoreError) return thrown;
  if (!(thrown instanceof ClickHouseError)) {
    // Refused, reset, timed out, or an answer that is not ClickHouse's: the outcome is unknown.
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new StoreError("retryable", `ClickHouse: ${what}: ${firstLine(message)}`, undefined, thrown);
  }
  const code = Number(thrown.code);
  const kind = kindOfCode(code);
  const type = thrown.type ?? "unknown";
  // Parsers quote what they could not read; so they get no say, not even as the cause.
  const why = kind === "data" ? type : `${type}: ${firstLine(thrown.message)}`;
  const cause = kind === "data" ? undefined : thrown;
  return new StoreError(kind, `ClickHouse: ${what}: ${why} (code ${code})`, code, cause);
};
