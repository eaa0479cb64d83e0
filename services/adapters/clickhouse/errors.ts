// From what @clickhouse/client throws to an error with its kind, without a row's values in its message.
import { ClickHouseError } from "@clickhouse/client";
import { kindOfCode } from "#adapters/store-codes.ts";
import { StoreError } from "#adapters/store-port.ts";

/** Of a server's text the first line: what follows may show the values of a row. */
const firstLine = (text: string): string => text.split("\n", 1)[0]?.slice(0, 500) ?? "";

/** Where a name has several addresses, the error has no message, but one inside for each of them. */
const transportMessage = (thrown: unknown): string => {
  const inner = thrown instanceof AggregateError ? (thrown.errors as readonly unknown[])[0] : thrown;
  return firstLine(inner instanceof Error ? inner.message : String(inner));
};

/** `what` was asked of the server at `url`, which holds no credentials. */
export const toStoreError = (what: string, url: string, thrown: unknown): StoreError => {
  if (thrown instanceof StoreError) return thrown;
  // Refused, reset, timed out, or an answer that is not ClickHouse's: the outcome is unknown.
  if (!(thrown instanceof ClickHouseError))
    return new StoreError(
      "retryable",
      `ClickHouse at ${url} gave no answer to ${what}: ${transportMessage(thrown)}`,
      undefined,
      thrown,
    );
  const code = Number(thrown.code);
  const kind = kindOfCode(code);
  const type = thrown.type ?? "unknown";
  // Parsers quote what they could not read; so they get no say, not even as the cause.
  const why = kind === "data" ? type : `${type}: ${firstLine(thrown.message)}`;
  const cause = kind === "data" ? undefined : thrown;
  return new StoreError(kind, `ClickHouse: ${what}: ${why} (code ${code})`, code, cause);
};
