// Durations and sizes: what is one, and what is none.
import { expect, test } from "vitest";
import { parseBytes, parseDuration } from "./units.ts";

test.each([
  ["0", 0],
  ["250ms", 250],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["4h", 14_400_000],
  ["7 d", 604_800_000],
])("the duration %s is %i ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(["", "30", "s", "-1s", "1e3s", "30sec", "1h30m", "0.0001ms", "999999999999999d"])(
  "%j is no duration",
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

test.each([
  ["0", 0],
  ["512B", 512],
  ["64KiB", 65_536],
  ["16MiB", 16_777_216],
  ["1GiB", 1_073_741_824],
  ["5MB", 5_000_000],
])("the size %s is %i bytes", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each(["16", "16mb", "16M", "MiB", "0.1B"])("%j is no size", (text) => expect(parseBytes(text)).toBeUndefined());
