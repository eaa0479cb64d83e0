// The commit protocol: what is committed when, and what a lost partition leaves behind.
import { describe, expect, it } from "vitest";
import { Fenced, type OutRecord } from "#adapters/broker-port.ts";
import { createLease } from "#adapters/lease.ts";
import { createEngine } from "#core/engine.ts";
import { defaultEngineSettings } from "#core/settings.ts";
import { createMetrics } from "#runtime/metrics.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { topicsFor } from "#schemas/topics.ts";
import { createFakeText } from "#test/helpers/fake-text.ts";
import { act, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";
import { createIntake, type IntakeOptions } from "./intake.ts";
import { parseMetadata } from "./metadata.ts";
import { createMeter } from "./meters.ts";
import { createOutputs } from "./outputs.ts";
import { createTask, type TaskPorts } from "./task.ts";
import { codecs, logRecord } from "./test-log.ts";

const at = { topic: "x.interactions", partition: 0 };

const session = (): readonly InteractionRecord[] => [
  prompt("0s", "how do I freeze my card"),
  response("5s", "r1"),
  act("9s", "copy", "r1"),
  sessionEnd("1m"),
];

const piece = (events: readonly InteractionRecord[], from = 0) => ({
  records: events.map((event, index) => logRecord(from + index, event)),
  nextPosition: from + events.length,
});

const ctx = { commit: async () => undefined, heartbeat: async () => undefined, live: true };
const lease = () => createLease(at, ctx);

const intakeOf = (decode: IntakeOptions["decode"]) =>
  createIntake({
    ...at,
    partitions: 1,
    settings: defaultEngineSettings,
    decode,
    decidedBelow: 0,
    known: undefined,
    skip: [],
  });

/** A task over a real engine whose world answers as told; `did` lists what reached the world, in order. */
const setUp = (over: Partial<TaskPorts> = {}) => {
  const did: string[] = [];
  const sent: OutRecord[] = [];
  const commits: { position: number; metadata: string }[] = [];
  const engine = createEngine({
    settings: defaultEngineSettings,
    text: createFakeText(),
    source: { ...at, partitions: 1, incarnation: 1 },
    hashKey: "test",
    origin: "live",
  });
  const ports: TaskPorts = {
    engine,
    intake: intakeOf((value) => codecs.decode("interactions", value)),
    outputs: createOutputs({ ...at, topics: topicsFor("x.", 1), codeVersion: "0", codecs }),
    meter: createMeter(createMetrics("test", { defaults: false })),
    cfg: "c",
    crashAt: (point) => void did.push(point),
    resolve: async () => undefined,
    send: async (records) => void sent.push(...records),
    commit: async (_, position, metadata) => void commits.push({ position, metadata }),
    ...over,
  };
  return { task: createTask({ position: 0, metadata: "start" }, ports), did, sent, commits, engine };
};

const topicsOf = (records: readonly OutRecord[]) => new Set(records.map(({ topic }) => topic));

describe("a batch", () => {
  it("is folded, sent and committed, in this order", async () => {
    const { task, did, sent, commits, engine } = setUp();
    await task.take(piece(session()), lease());
    expect(did).toEqual(["after-fold", "after-send", "after-commit"]);
    expect(topicsOf(sent)).toEqual(new Set(["x.signals", "x.tallies"]));
    expect(commits.map(({ position }) => position)).toEqual([4]);
    expect(parseMetadata(commits[0]?.metadata ?? "")).toEqual({
      watermark: engine.watermark,
      cfg: "c",
      known: new Map([[codecs.schemaIds.interactions, 0]]),
      skip: [],
      tries: 0,
    });
  });

  it("sends what it rejects before it commits", async () => {
    const { task, sent } = setUp();
    const broken = { ...prompt("0s", "hi"), session_id: "" };
    const { records, nextPosition } = piece([broken]);
    await task.take({ records: [...records, logRecord(1, null)], nextPosition: nextPosition + 1 }, lease());
    const reasons = sent.map(({ value }) => {
      const decoded = codecs.decode("rejects", value);
      return decoded.kind === "record" ? decoded.record.reason : decoded.kind;
    });
    expect(reasons).toEqual(["missing_field", "tombstone"]);
  });

  it("without records still moves the position", async () => {
    const { task, commits } = setUp();
    await task.take({ records: [], nextPosition: 12 }, lease());
    expect(commits).toMatchObject([{ position: 12 }]);
    expect(task.position).toBe(12);
  });

  it("waits for a schema and reads the record then", async () => {
    let known = false;
    const decode = (value: Buffer | null) =>
      known ? codecs.decode("interactions", value) : ({ kind: "unresolved", schemaId: 1 } as const);
    const intake = intakeOf(decode);
    const asked: number[] = [];
    const resolve: TaskPorts["resolve"] = async (id) => {
      asked.push(id);
      known = true;
    };
    const { task, sent } = setUp({ intake, resolve });
    await task.take(piece(session()), lease());
    expect(asked).toEqual([1]);
    expect(topicsOf(sent)).toContain("x.signals");
  });
});

/** Sends that hang until the lease ends, then go through. */
const losing = () => {
  const attempts: (readonly OutRecord[])[] = [];
  const mine = lease();
  const send: TaskPorts["send"] = async (records, signal) => {
    attempts.push(records);
    if (attempts.length > 1) return;
    mine.end();
    signal.throwIfAborted();
  };
  return { mine, attempts, send };
};

describe("a partition lost in the middle", () => {
  it("leaves a batch that the next lease sends again, byte for byte, without folding it again", async () => {
    const { mine, attempts, send } = losing();
    const { task, commits, did } = setUp({ send });
    await expect(task.take(piece(session()), mine)).rejects.toThrow(Fenced);
    expect(commits).toEqual([]);
    expect(task.position).toBe(4);

    await task.finish(lease());
    expect(attempts[1]).toEqual(attempts[0]);
    expect(commits).toMatchObject([{ position: 4 }]);
    expect(did.filter((point) => point === "after-fold")).toHaveLength(1);
  });

  it("while it waits for a schema goes on where it stopped, and says all that it would have said", async () => {
    const whole = setUp();
    await whole.task.take(piece(session()), lease());

    const mine = lease();
    let known = false;
    const decode: IntakeOptions["decode"] = (value) => {
      const decoded = codecs.decode("interactions", value);
      if (known || decoded.kind !== "record" || decoded.record.type !== "session_end") return decoded;
      return { kind: "unresolved", schemaId: 1 };
    };
    const resolve: TaskPorts["resolve"] = async (_, __, signal) => {
      mine.end();
      signal.throwIfAborted();
    };
    const { task, sent, commits } = setUp({ intake: intakeOf(decode), resolve });
    await expect(task.take(piece(session()), mine)).rejects.toThrow(Fenced);
    expect(task.position).toBe(3);
    expect(task.stoodAt({ offset: 0, metadata: "start" })).toBe(true);

    known = true;
    const { records, nextPosition } = piece(session());
    await task.take({ records: records.slice(3), nextPosition }, lease());
    expect(sent).toEqual(whole.sent);
    expect(commits).toMatchObject([{ position: 4 }]);
  });

  it("keeps the state while the group stands where this task committed", async () => {
    const { mine, send } = losing();
    const { task } = setUp({ send });
    await expect(task.take(piece(session()), mine)).rejects.toThrow(Fenced);
    expect(task.stoodAt({ offset: 0, metadata: "start" })).toBe(true);
    expect(task.stoodAt({ offset: 0, metadata: "another's" })).toBe(false);
    expect(task.stoodAt({ offset: 2, metadata: "start" })).toBe(false);
  });

  it("knows its own commit although the answer was lost", async () => {
    let stored = "";
    const commit: TaskPorts["commit"] = async (_, __, metadata) => {
      stored = metadata;
      throw new Fenced("lost");
    };
    const { task, sent } = setUp({ commit });
    await expect(task.take(piece(session()), lease())).rejects.toThrow(Fenced);
    const before = sent.length;
    expect(task.stoodAt({ offset: 4, metadata: stored })).toBe(true);
    await task.finish(lease());
    expect(sent).toHaveLength(before);
  });

  it("does nothing under a lease that has ended", async () => {
    const { task, sent } = setUp();
    const over = lease();
    over.end();
    await expect(task.take(piece(session()), over)).rejects.toThrow(Fenced);
    expect({ sent, position: task.position }).toEqual({ sent: [], position: 0 });
  });
});
