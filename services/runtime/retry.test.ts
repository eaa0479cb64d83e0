// Outages are waited out, bugs are not.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppError } from "./errors.ts";
import { forever } from "./retry.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const away = () => new AppError("broker_unavailable", "away");

test("an outage is waited out, however long, with one log line a minute", async () => {
  const lines: object[] = [];
  const pauses: number[] = [];
  const start = Date.now();
  let last = start;
  const done = forever(
    async () => {
      pauses.push(Date.now() - last);
      last = Date.now();
      if (Date.now() - start < 600_000) throw away();
      return "back";
    },
    { what: "broker", log: { warn: (fields: object | string) => void lines.push(Object(fields)) } },
  );
  await vi.advanceTimersByTimeAsync(700_000);
  expect(await done).toBe("back");
  expect(lines.length).toBeGreaterThanOrEqual(9);
  expect(lines.length).toBeLessThanOrEqual(10);
  expect(lines[0]).toMatchObject({ what: "broker", attempt: 1, error: { message: "away" } });
  expect(Math.max(...pauses)).toBeLessThanOrEqual(5000);
  expect(pauses[1]).toBeLessThanOrEqual(200);
});

test.each([new TypeError("a bug"), new AppError("missing_topic", "no such topic")])(
  "%s is no outage and is thrown at once",
  async (error) => {
    let attempts = 0;
    const failed = forever(async () => {
      attempts++;
      throw error;
    });
    await expect(failed).rejects.toBe(error);
    expect(attempts).toBe(1);
  },
);

test("a caller may say what an outage is", async () => {
  let attempts = 0;
  const done = forever(
    async () => {
      if (++attempts < 3) throw new TypeError("fetch failed");
      return attempts;
    },
    { retryable: () => true },
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await done).toBe(3);
});

test("the signal ends the waiting", async () => {
  const stop = new AbortController();
  const done = forever(() => Promise.reject(away()), { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("stopping")), 1000);
  await Promise.all([expect(done).rejects.toThrow("stopping"), vi.advanceTimersByTimeAsync(1000)]);
});
