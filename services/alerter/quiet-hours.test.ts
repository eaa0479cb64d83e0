// Quiet hours as the clocks of a place show them: past midnight, on some days, and when the clocks are set.
import { assert, constantFrom, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { type QuietHours, weekdays } from "./delivery-settings.ts";
import { quietUntil } from "./quiet-hours.ts";

const night: QuietHours = {
  from: 22 * 60,
  to: 7 * 60,
  timeZone: "Europe/Berlin",
  days: weekdays,
  pages: "through",
};

const until = (quiet: QuietHours, at: string): string | null => {
  const end = quietUntil(quiet, Date.parse(at));
  return end === null ? null : new Date(end).toISOString();
};

it("hold past midnight, in the time of the place", () => {
  expect(until(night, "2026-03-02T20:59:00Z")).toBeNull();
  expect(until(night, "2026-03-02T21:00:00Z")).toBe("2026-03-03T06:00:00.000Z");
  expect(until(night, "2026-03-03T05:59:59Z")).toBe("2026-03-03T06:00:00.000Z");
  expect(until(night, "2026-03-03T06:00:00Z")).toBeNull();
});

it("begin on their days only, and last into the next", () => {
  // 2026-03-06 is a Friday.
  const weekend = { ...night, days: ["fri", "sat"] as const };
  expect(until(weekend, "2026-03-05T23:00:00Z")).toBeNull();
  expect(until(weekend, "2026-03-06T23:00:00Z")).toBe("2026-03-07T06:00:00.000Z");
  expect(until(weekend, "2026-03-08T04:00:00Z")).toBe("2026-03-08T06:00:00.000Z");
  expect(until(weekend, "2026-03-08T23:00:00Z")).toBeNull();
});

it("end when the place's clocks say so, in the nights in which they are set", () => {
  expect(until(night, "2026-03-28T23:00:00Z")).toBe("2026-03-29T05:00:00.000Z");
  expect(until(night, "2026-10-24T23:00:00Z")).toBe("2026-10-25T06:00:00.000Z");
});

it("are the whole day where they end when they begin", () => {
  const sunday: QuietHours = { ...night, from: 0, to: 0, timeZone: "UTC", days: ["sun"] };
  expect(until(sunday, "2026-03-08T13:00:00Z")).toBe("2026-03-09T00:00:00.000Z");
  expect(until(sunday, "2026-03-09T00:00:00Z")).toBeNull();
});

it("always end later than they were asked about, within a day and an hour, and then are over", () => {
  const time = integer({ min: 0, max: 1439 });
  const moment = integer({ min: Date.UTC(2025, 0), max: Date.UTC(2027, 0) });
  assert(
    property(time, time, moment, constantFrom("UTC", "Asia/Kolkata", "America/New_York"), (from, to, at, timeZone) => {
      const quiet: QuietHours = { ...night, from, to, timeZone, days: ["mon", "thu"] };
      const end = quietUntil(quiet, at);
      if (end === null) return;
      expect(end).toBeGreaterThan(at);
      expect(end - at).toBeLessThanOrEqual(25 * 3_600_000);
      expect(quietUntil(quiet, end)).toBeNull();
    }),
    { numRuns: 300 },
  );
});
