import { describe, expect, it } from "vitest";
import { bindParams, type NamedQuery } from "./queries.ts";

const param = (name: string, type: string, value: string) => ({ name, type, default: value, help: `how ${name}` });
const query: NamedQuery = {
  name: "example",
  question: "How?",
  sql: "SELECT 1",
  params: [param("at", "DateTime('UTC')", "now"), param("days", "UInt32", "7"), param("share", "Float64", "0.5")],
};
const now = Date.UTC(2026, 10, 25, 12, 30, 15, 999);
const bind = (given: Readonly<Record<string, string>>) => bindParams(query, new Map(Object.entries(given)), now);

describe("a question's parameters", () => {
  it("have defaults, now among them", () => {
    expect(bind({})).toEqual({ params: { at: "2026-11-25 12:30:15", days: "7", share: "0.5" } });
  });

  it.each([
    ["2026-11-01", "2026-11-01 00:00:00"],
    ["2026-11-01 06:00", "2026-11-01 06:00:00"],
    ["2026-11-01T06:00:30Z", "2026-11-01 06:00:30"],
    ["2026-11-01T06:00:00+02:00", "2026-11-01 04:00:00"],
  ])("take the time %s, which is UTC unless it says otherwise", (text, time) => {
    expect(bind({ at: text })).toMatchObject({ params: { at: time } });
  });

  it("are all checked before anything is asked", () => {
    expect(bind({ at: "yesterday", days: "-1", share: "1.5", weeks: "2" })).toEqual({
      mistakes: [
        "example has no parameter weeks; it has at, days, share",
        `at is "yesterday": expected DateTime('UTC') such as 2026-11-25T12:30 (how at)`,
        'days is "-1": expected UInt32 such as 7 (how days)',
      ],
    });
  });
});
