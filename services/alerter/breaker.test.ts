// The breaker: when it opens, how often it probes, when it closes.
import { expect, it } from "vitest";
import { createBreaker } from "./breaker.ts";

const fail = (breaker: ReturnType<typeof createBreaker>, times: number, now: number): void => {
  for (let i = 0; i < times; i += 1) breaker.note("failed", now);
};

it("stays closed while fewer than five attempts in a row fail", () => {
  const breaker = createBreaker();
  fail(breaker, 4, 0);
  breaker.note("alive", 0);
  fail(breaker, 4, 0);
  expect(breaker.open).toBe(false);
  expect(breaker.opensAt).toBe(Number.NEGATIVE_INFINITY);
});

it("opens at the fifth, and lets one probe through a minute later, and a minute after that", () => {
  const breaker = createBreaker();
  fail(breaker, 5, 1000);
  expect(breaker.open).toBe(true);
  expect(breaker.opensAt).toBe(61_000);
  fail(breaker, 1, 61_000);
  expect(breaker.opensAt).toBe(121_000);
});

it("closes with the first sign of life, and says that it did", () => {
  const breaker = createBreaker();
  expect(breaker.note("alive", 0)).toBe(false);
  fail(breaker, 6, 0);
  expect(breaker.note("alive", 9)).toBe(true);
  expect(breaker.open).toBe(false);
});
