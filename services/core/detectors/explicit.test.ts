// Explicit feedback as timelines: provenance that comes after the answer, answers that change.
import { describe, expect, it } from "vitest";
import { act, createDriver, event, prompt, response, start, thumbs } from "#test/helpers/timeline.ts";

const answers = {
  thumbs: thumbs("5s", "r1", -1),
  rating: act("5s", "feedback", "r1", { label: "rating", value: 1 }),
  comment: act("5s", "feedback", "r1", { label: "comment", text: "too long" }),
  form: act("5s", "feedback", "r1", { label: "form", extra: '{"useful":false}' }),
} as const;
const kinds = ["thumbs", "rating", "comment", "form"] as const;

describe("an answer before the record of its response", () => {
  it.each(kinds)("%s is sent at once, then with provenance", (kind) => {
    const driver = createDriver();
    driver.log(prompt("0s", "write a poem"), answers[kind]);
    expect(driver.of(kind)).toMatchObject([{ provenance_status: "unresolved" }]);
    driver.log(response("6s", "r1"));
    expect(driver.of(kind)).toMatchObject([
      {
        provenance_status: "resolved",
        prompt_version: "p1",
        ts: start + 5_000,
        window_start: start + 5_000,
        window_end: start + 6_000,
        evidence: '["feedback-5s","response-6s"]',
      },
    ]);
    expect(driver.signals).toHaveLength(2);
  });

  it("is revised for every user who gave one", () => {
    const driver = createDriver();
    driver.log(
      thumbs("4s", "r1", 1, { user_id_hash: "u1" }),
      thumbs("5s", "r1", -1, { user_id_hash: "u2" }),
      thumbs("5s", "r2", -1, { user_id_hash: "u2", event_id: "other" }),
      response("6s", "r1"),
    );
    expect(driver.of("thumbs").map((signal) => signal.provenance_status)).toHaveLength(3);
    expect(driver.of("thumbs").filter((signal) => signal.provenance_status === "resolved")).toHaveLength(2);
  });

  it("names at most 20 events, the last answer among them", () => {
    const driver = createDriver();
    driver.log(response("0s", "r1"));
    for (let second = 1; second <= 30; second += 1) driver.log(thumbs(`${second}s`, "r1", second % 2 === 0 ? 1 : -1));
    const evidence = JSON.parse(driver.of("thumbs")[0]?.evidence ?? "") as string[];
    expect(evidence).toHaveLength(20);
    expect([evidence[0], evidence.at(-1)]).toEqual(["response-0s", "feedback-30s"]);
  });
});

const versions = (driver: ReturnType<typeof createDriver>, type: string) =>
  driver.tallies
    .filter(({ signal_type, trials }) => signal_type === type && trials > 0)
    .map(({ prompt_version, fired }) => [prompt_version, fired]);

describe("trials about a response whose record comes after what they count", () => {
  it("explicit:negative moves to the response's slice within its minute", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), thumbs("5s", "r1", -1), response("6s", "r1"));
    driver.finish();
    expect(versions(driver, "explicit:negative")).toEqual([["p1", 1]]);
    expect(driver.rate("explicit:negative")).toBe("1/1");
  });

  it("explicit:negative stays in the unknown slice when its minute may be sealed", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), thumbs("5s", "r1", -1), response("61s", "r1"));
    driver.finish();
    expect(versions(driver, "explicit:negative")).toEqual([["unknown", 1]]);
  });

  it("explicit:negative takes back what was already flushed", () => {
    const driver = createDriver();
    driver.log(
      prompt("0s", "hi"),
      thumbs("5s", "r1", -1),
      event("90s", "resolved", { session_id: "s2" }),
      response("6s", "r1"),
    );
    driver.finish();
    expect(driver.rate("explicit:negative")).toBe("1/1");
  });

  it("explicit:answered counts in the response's slice", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), act("5s", "impression", "r1"), thumbs("5s", "r1", 1), response("6s", "r1"));
    driver.finish();
    expect(versions(driver, "explicit:answered")).toEqual([["p1", 1]]);
  });

  it("explicit:thumbs-down fires", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), thumbs("5s", "r1", -1), response("6s", "r1"), prompt("9s", "no"));
    driver.finish();
    expect(driver.rate("explicit:thumbs-down")).toBe("1/1");
  });
});
