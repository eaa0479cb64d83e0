import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, it } from "vitest";
import { StoreError } from "#adapters/store-port.ts";
import { describeError } from "#runtime/errors.ts";
import { toStoreError } from "./errors.ts";

const url = "http://127.0.0.1:8123";

const answer = (code: number, message = "message") =>
  new ClickHouseError({ code: String(code), type: "TYPE", message });

describe("an error of ClickHouse", () => {
  it.each([3, 107, 159, 164, 202, 203, 209, 210, 241, 242, 252, 285, 319, 425, 999])(
    "%i is waited out with the same block",
    (code) => {
      expect(toStoreError("an insert", url, answer(code))).toMatchObject({
        kind: "retryable",
        code: "store_unavailable",
        retryable: true,
        serverCode: code,
      });
    },
  );

  it.each([6, 26, 27, 33, 38, 41, 53, 117, 131])("%i is in a row", (code) => {
    expect(toStoreError("an insert", url, answer(code))).toMatchObject({
      kind: "data",
      code: "row_refused",
      retryable: false,
    });
  });

  it.each([
    [16, "missing_table"],
    [60, "missing_table"],
    [81, "missing_table"],
    [192, "forbidden"],
    [193, "forbidden"],
    [497, "forbidden"],
    [516, "forbidden"],
    [62, "store_mismatch"],
  ])("%i stops the work as %s", (serverCode, code) => {
    expect(toStoreError("an insert", url, answer(serverCode))).toMatchObject({
      kind: "configuration",
      code,
      retryable: false,
    });
  });

  it("of an unknown code is waited out: no row is rejected for what we do not know", () => {
    expect(toStoreError("an insert", url, answer(123_456))).toMatchObject({ kind: "retryable", serverCode: 123_456 });
  });

  it("of the transport says nothing of the outcome", () => {
    const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    expect(toStoreError("an insert", url, reset)).toMatchObject({
      kind: "retryable",
      serverCode: undefined,
      cause: reset,
    });
  });

  it("of the transport says where, why, and what to look at, once", () => {
    const refused = new Error("connect ECONNREFUSED 127.0.0.1:8123");
    for (const thrown of [refused, new AggregateError([refused, refused])])
      expect(describeError(toStoreError("a query", url, thrown)).split("\n")).toEqual([
        "ClickHouse at http://127.0.0.1:8123 gave no answer to a query: connect ECONNREFUSED 127.0.0.1:8123",
        expect.stringContaining("CLICKHOUSE_URL"),
      ]);
  });

  it("about a row shows none of it", () => {
    const quoting = answer(
      27,
      'Cannot parse input: expected "," before: a secret\nRow 1:\nColumn 0, parsed text: "a secret"',
    );
    const error = toStoreError("an insert into signals", url, quoting);
    expect(error.message).toBe("ClickHouse: an insert into signals: TYPE (code 27)");
    expect(error.cause).toBeUndefined();
  });

  it("of ours passes through as it is", () => {
    const ours = new StoreError("data", "a value does not fit");
    expect(toStoreError("an insert", url, ours)).toBe(ours);
  });
});
