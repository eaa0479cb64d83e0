// What is waited for, and what is not.
import { describe, expect, it } from "vitest";
import { Fenced, Retryable } from "#adapters/broker-port.ts";
import { createLease } from "#adapters/lease.ts";
import { createHealth } from "#runtime/health.ts";
import { silentLogger } from "#runtime/logger.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { createOutages } from "#runtime/outages.ts";
import { createDependencies, type DependencyPorts } from "./dependencies.ts";
import { logRecord } from "./test-log.ts";

type Answer = Awaited<ReturnType<DependencyPorts["codecs"]["resolve"]>>;

/** A registry that gives these answers, one after the other. */
const setUp = (...answers: readonly Answer[]) => {
  const left = [...answers];
  const dependencies = createDependencies({
    outages: createOutages({
      dependencies: ["broker", "registry"],
      log: silentLogger,
      metrics: createMetrics("test", { defaults: false }),
      health: createHealth(),
      pause: 1,
    }),
    producer: { send: async () => undefined },
    codecs: { resolve: async () => left.shift() ?? "unavailable" },
    probe: { survives: async () => true },
  });
  return { ...dependencies, left };
};

const never = new AbortController().signal;
const partition = { topic: "t", partition: 0 };

describe("a schema", () => {
  it("is asked for until the registry answers", async () => {
    const { resolve, left } = setUp("unavailable", "unavailable", "resolved");
    await resolve(9, false, never);
    expect(left).toEqual([]);
  });

  it("that the registry does not know is a definite answer", async () => {
    const { resolve, left } = setUp("unknown", "resolved");
    await resolve(9, false, never);
    expect(left).toEqual(["resolved"]);
  });

  it("that was known before is waited for: the registry has lost it", async () => {
    const { resolve, left } = setUp("unknown", "resolved");
    await resolve(9, true, never);
    expect(left).toEqual([]);
  });
});

const leaseThat = (...outcomes: readonly (Error | undefined)[]) => {
  const left = [...outcomes];
  const commit = async (): Promise<void> => {
    const outcome = left.shift();
    if (outcome !== undefined) throw outcome;
  };
  return { left, lease: createLease(partition, { commit, heartbeat: async () => undefined, live: true }) };
};

describe("a commit", () => {
  it("is repeated while the broker is away", async () => {
    const { lease, left } = leaseThat(new Retryable("away"), undefined);
    await setUp().commit(lease, 5, "{}");
    expect(left).toEqual([]);
  });

  it("ends when the partition is lost", async () => {
    const { lease } = leaseThat(new Fenced("lost"));
    await expect(setUp().commit(lease, 5, "{}")).rejects.toThrow(Fenced);
  });

  it("that waits ends with the lease", async () => {
    const { lease } = leaseThat(...Array.from({ length: 1000 }, () => new Retryable("away")));
    const waiting = setUp().commit(lease, 5, "{}");
    lease.end();
    await expect(waiting).rejects.toThrow(Fenced);
  });
});

it("blames no record for a registry that is away", async () => {
  let asked = 0;
  const probe = {
    survives: async () => {
      asked += 1;
      if (asked === 1) throw new Retryable("away");
      return false;
    },
  };
  const { survives } = createDependencies({
    outages: { wait: (_, work) => work().catch(work) },
    producer: { send: async () => undefined },
    codecs: { resolve: async () => "resolved" },
    probe,
  });
  expect(await survives(logRecord(0, null), never)).toBe(false);
  expect(asked).toBe(2);
});
