// When a service says that it is ready.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHealth } from "./health.ts";
import { announceReadiness } from "./readiness.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const setUp = () => {
  const said: unknown[][] = [];
  const health = createHealth();
  let recovering = 2;
  health.check("partitions", () =>
    recovering === 0 ? { ok: true } : { ok: false, detail: `recovering ${recovering} of 4` },
  );
  const log = { info: (...line: unknown[]) => void said.push(line) };
  const announcing = announceReadiness({ health, log });
  return {
    said,
    health,
    announcing,
    recover: () => {
      recovering = 0;
    },
  };
};

describe("a service that has started", () => {
  it("is ready, in its log and on its page, only when every check holds", () => {
    const { said, health, recover } = setUp();
    vi.advanceTimersByTime(900);
    expect(said).toEqual([]);
    expect(health.readiness()).toMatchObject({ ok: false, phase: "starting" });
    recover();
    vi.advanceTimersByTime(100);
    expect(said).toEqual([["ready"]]);
    expect(health.readiness()).toMatchObject({ ok: true, phase: "ready" });
  });

  it("says what it waits for, now and then", () => {
    const { said } = setUp();
    vi.advanceTimersByTime(20_000);
    const line = [{ waitsFor: { partitions: "recovering 2 of 4" } }, "not ready yet"];
    expect(said).toEqual([line, line]);
  });

  it("says nothing any more once it stops", () => {
    const { said, announcing, recover } = setUp();
    announcing[Symbol.dispose]();
    recover();
    vi.advanceTimersByTime(20_000);
    expect(said).toEqual([]);
  });
});
