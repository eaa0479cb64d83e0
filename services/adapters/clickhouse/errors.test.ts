import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, it } from "vitest";
import { StoreError } from "#adapters/store-port.ts";
import { toStoreError } from "./errors.ts";

const answer = (code: number, message = "message") =>
  new ClickHouseError({ code: String(code), type: "TYPE", message });

describe("an error of ClickHouse", () => {
  it.each([3, 107, 159, 164, 202, 203, 209, 210, 241, 242, 252, 285, 319, 425, 999])(
    "%i is waited out with the same block",
    (code) => {
      expect(toStoreError("insert", answer(code))).toMatchObject({
        kind: "retryable",
        code: "store_unavailable",
        retryable: true,
        serverCode: code,
      });
    },
  );

  it.each([6, 26, 27, 33, 38, 41, 53, 117, 131])("%i is in a row", (code) => {
    expect(toStoreError("insert", answer(code))).toMatchObject({ kind: "data", code: "row_refused", retryable: false });
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
    expect(toStoreError("insert", answer(serverCode))).toMatchObject({ kind: "configuration", code, retryable: false });
  });

  it("of an unknown code is waited out: no row is rejected for what we do not know", () => {
    expect(toStoreError("insert", answer(123_456))).toMatchObject({ kind: "retryable", serverCode: 123_456 });
  });

  it("of the transport says nothing of the outcome", () => {
    const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    expect(toStoreError("insert", reset)).toMatchObject({ kind: "retryable", serverCode: undefined, cause: reset });
  });

  it("about a row shows none of it", () => {
    const quoting = answer(
      27,
      'Cannot parse input: expected "," before: a secret\nRow 1:\nColumn 0, parsed text: "a secret"',
    );
    const error = toStoreError("insert into signals", quoting);
    expect(error.message).toBe("ClickHouse: insert into signals: TYPE (code 27)");
    expect(error.cause).toBeUndefined();
  });

  it("of ours passes through as it is", () => {
    const ours = new StoreError("data", "a value does not fit");
    expect(toStoreError("insert", ours)).toBe(ours);
  });
});
