import { describe, expect, it } from "vitest";
import { createHealth } from "./health.ts";
import { createMetrics } from "./metrics.ts";
import { createOutages } from "./outages.ts";

class Away extends Error {}
const isOutage = (error: Error): boolean => error instanceof Away;

const setUp = () => {
  let now = 0;
  const said: string[] = [];
  const health = createHealth();
  health.setPhase("ready");
  const metrics = createMetrics("test", { defaults: false });
  const log = {
    warn: (_: object | string, message?: string) => void said.push(message ?? ""),
    info: (_: object | string, message?: string) => void said.push(message ?? ""),
  };
  const outages = createOutages({ dependencies: ["store"], log, metrics, health, clock: () => now, pause: 1 });
  return { outages, health, metrics, said, pass: (ms: number) => void (now += ms) };
};

/** Fails until told that the dependency is back. */
const dependency = () => {
  let back = false;
  let attempts = 0;
  const failed = Promise.withResolvers<void>();
  return {
    work: () => {
      attempts += 1;
      if (back) return Promise.resolve(attempts);
      if (attempts > 3) failed.resolve();
      return Promise.reject(new Away("refused"));
    },
    failedOften: failed.promise,
    comeBack: () => void (back = true),
  };
};

const never = new AbortController().signal;

describe("waiting for a dependency", () => {
  it("makes the process not ready until it is back", async () => {
    const { outages, health, metrics } = setUp();
    const store = dependency();
    const waiting = outages.wait("store", store.work, { signal: never, isOutage });
    await store.failedOften;
    expect(health.readiness()).toMatchObject({
      ok: false,
      checks: [{ name: "store", detail: "away for 0 s: refused" }],
    });
    expect(await metrics.render()).toContain('earshot_dependency_up{dependency="store"} 0');
    store.comeBack();
    expect(await waiting).toBeGreaterThan(2);
    expect(health.readiness().ok).toBe(true);
    expect(await metrics.render()).toContain('earshot_dependency_up{dependency="store"} 1');
  });

  it("is said once however many wait, and again after a minute", async () => {
    const { outages, said, pass } = setUp();
    const store = dependency();
    const first = outages.wait("store", store.work, { signal: never, isOutage });
    const second = outages.wait("store", store.work, { signal: never, isOutage });
    await store.failedOften;
    expect(said).toEqual(["dependency away, waiting"]);
    pass(60_000);
    const third = dependency();
    const another = outages.wait("store", third.work, { signal: never, isOutage });
    await third.failedOften;
    expect(said).toEqual(["dependency away, waiting", "dependency away, waiting"]);
    store.comeBack();
    third.comeBack();
    await Promise.all([first, second, another]);
    expect(said.at(-1)).toBe("nobody waits for the dependency any more");
  });

  it("ends with the signal's reason, and is no outage any more once nobody waits", async () => {
    const { outages, health } = setUp();
    const store = dependency();
    const stop = new AbortController();
    const waiting = outages.wait("store", store.work, { signal: stop.signal, isOutage });
    await store.failedOften;
    stop.abort(new Error("the partition is gone"));
    await expect(waiting).rejects.toThrow("the partition is gone");
    expect(health.readiness().ok).toBe(true);
  });

  it("passes on what is no outage", async () => {
    const { outages } = setUp();
    const waiting = outages.wait("store", () => Promise.reject(new Error("no such table")), {
      signal: never,
      isOutage,
    });
    await expect(waiting).rejects.toThrow("no such table");
  });
});
