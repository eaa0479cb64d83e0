// What becomes of one record of the log, live and in a recovery.
import { describe, expect, it } from "vitest";
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import { defaultEngineSettings } from "#core/settings.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import { prompt } from "#test/helpers/timeline.ts";
import { createIntake, type IntakeOptions } from "./intake.ts";
import { codecs, logRecord, partitions, sessionIn } from "./test-log.ts";

const topic = "x.interactions";
const [here, elsewhere] = sessionIn;

const intake = (over: Partial<IntakeOptions> = {}) =>
  createIntake({
    topic,
    partition: 0,
    partitions,
    settings: defaultEngineSettings,
    decode: (value) => codecs.decode("interactions", value),
    decidedBelow: 0,
    known: undefined,
    skip: [],
    ...over,
  });

const ours = prompt("0s", "hello", { session_id: here });
const theirs = prompt("0s", "hello", { session_id: elsewhere });
const reasonOf = (reading: ReturnType<ReturnType<typeof intake>["read"]>) =>
  reading.kind === "reject" ? reading.fault : reading.kind;

describe("a record of this partition", () => {
  it("is an event with its place in the log", () => {
    expect(intake().read(logRecord(7, ours))).toMatchObject({
      kind: "event",
      incoming: { offset: 7, appendTs: ours.ts, schemaId: codecs.schemaIds.interactions, interaction: ours },
    });
  });

  it("is a tick whatever else is in it", () => {
    const tick = { ...ours, type: "tick", session_id: "", tenant: "" };
    expect(intake().read(logRecord(3, tick, { appendTs: 99 }))).toEqual({ kind: "tick", appendTs: 99, offset: 3 });
  });

  it.each([
    [null, "tombstone"],
    [Buffer.from("hello"), "not_avro"],
    [logRecord(0, ours).value?.subarray(0, 9) ?? null, "malformed"],
  ])("is a reject when it cannot be read: %s", (value, reason) => {
    expect(reasonOf(intake().read(logRecord(0, null, { value })))).toMatchObject({ reason });
  });

  it("is a reject when it is known to kill its reader", () => {
    expect(reasonOf(intake({ skip: [5] }).read(logRecord(5, ours)))).toMatchObject({ reason: "kills_reader" });
  });
});

describe("a record of another partition", () => {
  it("is written once more, not folded", () => {
    expect(intake().read(logRecord(0, theirs))).toMatchObject({ kind: "misplaced", interaction: theirs });
  });

  it("is rejected here when it breaks a rule", () => {
    const broken = { ...theirs, tenant: "" };
    expect(reasonOf(intake().read(logRecord(0, broken)))).toMatchObject({ reason: "missing_field", field: "tenant" });
  });

  it("is rejected when it was re-keyed before: a second hop would go on for ever", () => {
    const headers = { "rekeyed-from": `${topic}:3:17:${theirs.ts}` };
    expect(reasonOf(intake().read(logRecord(0, theirs, { headers })))).toMatchObject({ reason: "second_hop" });
  });

  it("is rejected when a copy of it could not be written", () => {
    const large = { ...theirs, text: "x".repeat(1_000_000) };
    expect(reasonOf(intake().read(logRecord(0, large)))).toMatchObject({ reason: "oversized" });
  });
});

describe("a re-keyed record", () => {
  it("counts with the append time of its original", () => {
    const headers = { "rekeyed-from": `${topic}:3:17:${ours.ts - 5}` };
    expect(intake().read(logRecord(0, ours, { headers }))).toMatchObject({ incoming: { appendTs: ours.ts - 5 } });
  });

  it.each(["nonsense", `other.topic:3:17:1`, `${topic}:3:17:${ours.ts + 1}`])(
    "is rejected with the header %s",
    (from) => {
      const headers = { "rekeyed-from": from };
      expect(reasonOf(intake().read(logRecord(0, ours, { headers })))).toMatchObject({ reason: "invalid_header" });
    },
  );
});

/** A registry in which schema 9 appears when told to. */
const laterSchema = () => {
  let there = false;
  const later = createLocalCodecs(new Map([[9, bundledSchema("interaction")]]));
  const value = Buffer.from(logRecord(0, ours).value ?? "");
  value.writeInt32BE(9, 1);
  const decode: IntakeOptions["decode"] = (bytes) => {
    if (there || bytes?.readInt32BE(1) !== 9) return later.decode("interactions", bytes);
    return { kind: "reject", reason: "unknown_schema", schemaId: 9 };
  };
  return { value, decode, appear: () => void (there = true) };
};

describe("a schema that was registered late", () => {
  it("is remembered from the first record that could be read with it", () => {
    const schema = laterSchema();
    const live = intake({ decode: schema.decode });
    expect(reasonOf(live.read(logRecord(1, ours, { value: schema.value })))).toMatchObject({
      reason: "unknown_schema",
    });
    schema.appear();
    expect(live.read(logRecord(2, ours, { value: schema.value })).kind).toBe("event");
    expect([...live.known]).toEqual([[9, 2]]);
  });

  it("leaves a replay to decide as it was decided", () => {
    const schema = laterSchema();
    schema.appear();
    const replay = intake({ decode: schema.decode, decidedBelow: 5, known: new Map([[9, 2]]) });
    const kinds = [1, 2, 3].map((offset) => replay.read(logRecord(offset, ours, { value: schema.value })).kind);
    expect(kinds).toEqual(["reject", "event", "event"]);
  });

  it("keeps rejecting in a replay what no commit remembers as read, and reads it afterwards", () => {
    const schema = laterSchema();
    schema.appear();
    const replay = intake({ decode: schema.decode, decidedBelow: 5, known: new Map() });
    const kinds = [4, 5].map((offset) => replay.read(logRecord(offset, ours, { value: schema.value })).kind);
    expect(kinds).toEqual(["reject", "event"]);
    expect([...replay.known]).toEqual([[9, 5]]);
  });

  it("is waited for when a commit says that it was there", () => {
    const schema = laterSchema();
    const replay = intake({ decode: schema.decode, decidedBelow: 5, known: new Map([[9, 2]]) });
    expect(replay.read(logRecord(3, ours, { value: schema.value }))).toEqual({
      kind: "unresolved",
      schemaId: 9,
      certain: true,
    });
  });

  it("is asked for once, while nobody knows of it", () => {
    const asking = intake({ decode: () => ({ kind: "unresolved", schemaId: 9 }) });
    expect(asking.read(logRecord(3, ours))).toEqual({ kind: "unresolved", schemaId: 9, certain: false });
  });
});

it("stops after two hundred records that kill their reader", () => {
  const full = intake({ skip: Array.from({ length: 200 }, (_, index) => index) });
  expect(() => full.addSkip(200)).toThrow("over 200 records");
});
