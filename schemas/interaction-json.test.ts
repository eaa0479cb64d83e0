// Interactions from JSON: what becomes a record, and what is named instead.
import { expect, test } from "vitest";
import { createInteractionParser } from "./interaction-json.ts";

const parse = createInteractionParser();
const prompt = { event_id: "e1", type: "prompt", ts: 1, tenant: "acme", session_id: "s1" };

test("absent nullable fields are null, absent texts empty, an object in extra becomes its JSON", () => {
  const read = parse({ ...prompt, tenant: null, text: "hi", utc_offset_min: -60, extra: { scale_max: 5 } });
  expect(read).toMatchObject({
    record: { tenant: "", text: "hi", utc_offset_min: -60, extra: '{"scale_max":5}', value: null, audit_id: null },
  });
});

test("what dump adds says where the record lay", () => {
  const place = { partition: 2, offset: 7, appended_at: 9, key: "s1", schema_id: 1 };
  expect(parse({ ...prompt, ...place })).toMatchObject({ place });
});

test("a tick needs neither time nor place", () => {
  expect(parse({ event_id: "t", type: "tick", partition: 0 })).toMatchObject({ record: { ts: 0, session_id: "" } });
});

test.each([
  ["a list", [], "", "not a JSON object"],
  ["null", null, "", "not a JSON object"],
  ["an unknown field", { ...prompt, sesion_id: "s" }, "sesion_id", "no such field"],
  ["no time", { ...prompt, ts: undefined }, "ts", "missing"],
  ["a time as text", { ...prompt, ts: "2026-01-01" }, "ts", "expected a whole number"],
  ["a time beyond safe numbers", { ...prompt, ts: 2 ** 60 }, "ts", "expected a whole number"],
  [
    "a fraction of a minute",
    { ...prompt, utc_offset_min: 0.5 },
    "utc_offset_min",
    "expected a whole number of 32 bits",
  ],
  ["a number as text", { ...prompt, value: "5" }, "value", "expected a number"],
  ["a text as number", { ...prompt, text: 5 }, "text", "expected a string"],
])("%s is named", (_, line, field, why) => {
  expect(parse(line)).toEqual({ field, why });
});
