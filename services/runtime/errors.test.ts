// Exit codes, retryability and descriptions of failures.
import { expect, test } from "vitest";
import { AppError, describeError, exitCodeOf } from "./errors.ts";

test("bad configuration exits 2, everything else 1", () => {
  expect(exitCodeOf(new AppError("missing_topic", "no topic x"))).toBe(2);
  expect(exitCodeOf(new AppError("broker_unavailable", "away"))).toBe(1);
  expect(exitCodeOf(new TypeError("a bug"))).toBe(1);
  expect(exitCodeOf("thrown text")).toBe(1);
});

test("a code says whether waiting helps, unless the error itself does", () => {
  expect(new AppError("broker_unavailable", "away").retryable).toBe(true);
  expect(new AppError("missing_topic", "none").retryable).toBe(false);
  expect(new AppError("missing_topic", "none", { retryable: true }).retryable).toBe(true);
});

test("a description holds the message, every cause and the cure", () => {
  const cause = new Error("refused", { cause: new Error("ECONNREFUSED") });
  const error = new AppError("registry_unavailable", "no answer", { cause, cure: "Start it." });
  expect(describeError(error)).toBe("no answer (cause: refused; ECONNREFUSED)\nStart it.");
  expect(describeError("thrown text")).toBe("thrown text");
});

test("a description does not say a cause twice", () => {
  const cause = new Error("connect ECONNREFUSED", { cause: new Error("no route") });
  expect(describeError(new Error("registry: connect ECONNREFUSED", { cause }))).toBe(
    "registry: connect ECONNREFUSED (cause: no route)",
  );
});
