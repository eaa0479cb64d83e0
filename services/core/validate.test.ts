// What makes an interaction unacceptable, field by field, and the edges of what is still accepted.
import { describe, expect, it } from "vitest";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { prompt, start } from "#test/helpers/timeline.ts";
import { validateInteraction } from "./validate.ts";

const day = 86_400_000;
const base: InteractionRecord = prompt("0s", "How do I freeze my card?");

const verdictOn = (changes: Partial<InteractionRecord>, appendTs = start): string => {
  const verdict = validateInteraction({ ...base, ...changes }, appendTs, { pastWindow: day });
  return verdict.ok ? "ok" : `${verdict.field}: ${verdict.reason}`;
};

describe("a record that breaks a rule is refused for its field", () => {
  it.each<[Partial<InteractionRecord>, string]>([
    [{ type: "" }, "type: missing_field"],
    [{ type: "wish" }, "type: unknown_type"],
    [{ event_id: "" }, "event_id: missing_field"],
    [{ tenant: "" }, "tenant: missing_field"],
    [{ session_id: "" }, "session_id: missing_field"],
    [{ ts: 1.5 }, "ts: invalid_value"],
    [{ type: "copy", response_id: null }, "response_id: missing_field"],
    [{ type: "copy", response_id: "" }, "response_id: missing_field"],
    [{ value: Number.NaN }, "value: invalid_value"],
    [{ utc_offset_min: 1_441 }, "utc_offset_min: invalid_value"],
    [{ utc_offset_min: -100_000 }, "utc_offset_min: invalid_value"],
    [{ extra: "[1]" }, "extra: invalid_extra"],
    [{ extra: "{" }, "extra: invalid_extra"],
    [{ extra: JSON.stringify({ a: "é".repeat(2_048) }) }, "extra: too_long"],
    [{ feature: "x".repeat(257) }, "feature: too_long"],
    [{ type: "feedback", response_id: "r", label: "thumbs", value: null }, "value: missing_field"],
    [{ type: "feedback", response_id: "r", label: "thumbs", value: 2 }, "value: invalid_value"],
    [{ type: "feedback", response_id: "r", label: "rating", value: 6 }, "value: invalid_value"],
    [
      { type: "feedback", response_id: "r", label: "rating", value: 1, extra: '{"scale_max":0}' },
      "extra: invalid_extra",
    ],
  ])("%j: %s", (changes, expected) => {
    expect(verdictOn(changes)).toBe(expected);
  });
});

it("event time reaches from the past window to five minutes ahead of the append time, both included", () => {
  expect(verdictOn({}, start + day)).toBe("ok");
  expect(verdictOn({}, start + day + 1)).toBe("ts: timestamp_out_of_range");
  expect(verdictOn({}, start - 300_000)).toBe("ok");
  expect(verdictOn({}, start - 300_001)).toBe("ts: timestamp_out_of_range");
});

it("unknown labels, any rating on its scale and a tick of any content are accepted", () => {
  expect(verdictOn({ label: "whatever" })).toBe("ok");
  expect(verdictOn({ utc_offset_min: -720 })).toBe("ok");
  expect(verdictOn({ type: "feedback", response_id: "r", label: "rating", value: 9, extra: '{"scale_max":10}' })).toBe(
    "ok",
  );
  expect(verdictOn({ type: "tick", ts: 0, tenant: "", session_id: "" })).toBe("ok");
});
