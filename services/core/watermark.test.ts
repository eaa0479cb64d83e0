// How event time comes on in a partition, and what is too late, as timelines.
import { describe, expect, it } from "vitest";
import { act, at, createDriver, type Entry, prompt, response } from "#test/helpers/timeline.ts";

const lateness = 30_000;
const after = (...entries: readonly Entry[]): number => {
  const driver = createDriver();
  driver.log(...entries);
  return driver.engine.watermark;
};

describe("the watermark", () => {
  it("stays half a minute and a millisecond behind the newest event", () => {
    expect(after(prompt("0s", "hi"))).toBe(at("0s") - lateness - 1);
  });

  it("only rises", () => {
    expect(after(prompt("60s", "hi"), prompt("10s", "hi"))).toBe(at("60s") - lateness - 1);
  });

  it("is not moved ahead by a producer whose clock is: the append time bounds it", () => {
    const driver = createDriver();
    driver.append(prompt("4m", "hi"), at("0s"));
    expect(driver.engine.watermark).toBe(at("0s") - lateness - 1);
  });

  it("is moved by no duplicate and no late event", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), prompt("0s", "hi"));
    expect(driver.engine.watermark).toBe(at("0s") - lateness - 1);
    expect(driver.append(prompt("-20m", "hi"), at("20m")).kind).toBe("late");
    expect(driver.engine.watermark).toBe(at("0s") - lateness - 1);
  });
});

describe("ticks", () => {
  it.each([
    ["a minute apart prove silence", ["5m", "6m"], at("6m") - 60_000 - lateness],
    ["less than a minute apart prove nothing", ["5m", "5m59.999s"], at("0s") - lateness - 1],
    ["of two tickers do no harm", ["5m", "5m1s", "5m30s", "6m"], at("6m") - 60_000 - lateness],
    ["whose append times go back do not either", ["5m", "6m30s", "6m10s"], at("6m30s") - 60_000 - lateness],
    ["alone prove nothing", ["5m"], at("0s") - lateness - 1],
  ])("%s", (_, ticks, watermark) => {
    expect(after(prompt("0s", "hi"), ...ticks.map((tick) => ({ tick })))).toBe(watermark);
  });

  it("prove nothing with an event between them", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), { tick: "5m" });
    driver.append(prompt("1m", "hi"), at("5m30s"));
    driver.log({ tick: "6m" });
    expect(driver.engine.watermark).toBe(at("1m") - lateness - 1);
    driver.log({ tick: "7m" });
    expect(driver.engine.watermark).toBe(at("7m") - 60_000 - lateness);
  });

  it("close a visit when its silence is certain, not before", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), response("1s", "r1"), { tick: "20m" }, { tick: "31m30.999s" });
    expect(driver.of("implicit:silent-end")).toHaveLength(0);
    driver.log({ tick: "31m31s" });
    expect(driver.of("implicit:silent-end")).toHaveLength(1);
  });
});

describe("an event behind the watermark", () => {
  /** Their watermark is at 9:59.999; ten minutes of grace reach back to -1 ms. */
  const opening = [prompt("0s", "hello"), response("5s", "r1"), prompt("10m30s", "weather")];

  it("is applied to the very end of grace, then late", () => {
    const driver = createDriver();
    driver.log(...opening);
    expect(driver.append(act("-1ms", "copy", "r1"), at("11m")).kind).toBe("applied");
    expect(driver.append(act("-2ms", "copy", "r1"), at("11m"))).toEqual({ kind: "late", reason: "late" });
  });

  it("is kept, when late, as what it was about and where it stood, without its text", () => {
    const driver = createDriver();
    driver.log(...opening);
    driver.append(
      prompt("-1s", "what the user whispered", { feature: "search", extra: '{"note":"whispered"}' }),
      at("11m"),
    );
    expect(driver.late).toMatchObject([
      {
        event_id: "prompt--1s",
        type: "prompt",
        ts: at("-1s"),
        session_id: "s1",
        feature: "search",
        text_chars: 23,
        reason: "late",
        watermark: at("10m30s") - lateness - 1,
        source_topic: "interactions",
        source_partition: 0,
        source_offset: 3,
      },
    ]);
    expect(JSON.stringify(driver.late)).not.toContain("whispered");
  });

  it("changes no signal and no count when late", () => {
    const driver = createDriver();
    driver.log(...opening);
    driver.append(act("-1s", "copy", "r1"), at("11m"));
    driver.finish();
    expect(driver.rate("implicit:copy")).toBe("0/1");
    expect(driver.signals.filter(({ event_type }) => event_type === "implicit:copy")).toEqual([]);
  });
});
