import { describe, expect, it } from "vitest";
import { partitionFor } from "#core/partition.ts";
import { columnsOf } from "#schemas/clickhouse/tables.ts";
import type { RecordOf, TopicKind } from "#schemas/topics.ts";
import { landingTables, rowMaker, tablesOf } from "./rows.ts";
import {
  at,
  change,
  delivery,
  incident,
  interaction,
  late,
  logRecord,
  rejectOf,
  signal,
  tally,
} from "./test-records.ts";

const inputPartitions = 4;
const home = partitionFor("s1", inputPartitions);
const stranger = ["s2", "s3", "s4", "s5"].find((session) => partitionFor(session, inputPartitions) !== home) ?? "";

/** The row as an object per table, or what was made instead. */
const make = <K extends TopicKind>(kind: K, record: RecordOf<K>, log = logRecord(9), partition = home) => {
  const options = {
    partition: { topic: `earshot.${kind}`, partition },
    inc: 2,
    inputPartitions,
    pastWindow: 86_400_000,
  };
  const made = rowMaker(kind, options)(record, log, 7);
  if (made.kind !== "rows") return made;
  return tablesOf[kind].map((table, index) =>
    Object.fromEntries(columnsOf(table).map((column, place) => [column, made.rows[index]?.[place]])),
  );
};

const origin = (kind: TopicKind) => ({ _topic: `earshot.${kind}`, _partition: home, _offset: 9, _inc: 2 });

describe("a row", () => {
  it("has a value for every column, made of nothing but the record and its place", () => {
    const records = {
      interactions: interaction(),
      signals: signal(),
      tallies: tally(),
      late: late(),
      rejects: rejectOf(1),
      changes: change(),
      incidents: incident(),
      deliveries: delivery(),
    };
    for (const kind of Object.keys(records) as (keyof typeof records)[]) {
      const rows = make(kind, records[kind]) as Record<string, unknown>[];
      expect(make(kind, records[kind])).toEqual(rows);
      expect(rows).toHaveLength(tablesOf[kind].length);
      for (const row of rows) expect(Object.entries(row).filter(([, value]) => value === undefined)).toEqual([]);
    }
  });

  it("of a response says how long the text is and nothing of it", () => {
    const [row] = make("interactions", interaction({ text: "secret words", label: "ok" })) as Record<string, unknown>[];
    expect(row).toMatchObject({ event_id: "e1", response_id: "r1", text_chars: 12, label: "ok", schema_id: 7 });
    expect(row).toMatchObject(origin("interactions"));
    expect(JSON.stringify(row)).not.toContain("secret");
    expect(make("interactions", interaction({ text: "" }))).toMatchObject([{ text_chars: null }]);
  });

  it("of a signal lists its evidence", () => {
    expect(make("signals", signal())).toMatchObject([
      { evidence: ["e1", "e2"], retracted: false, ...origin("signals") },
    ]);
  });

  it("of a tally carries the stamp and the users as base64", () => {
    const users = Uint8Array.from([0, 1, 2, 255]);
    expect(make("tallies", tally({ users, examples: '["r1"]' }))).toMatchObject([
      { stamp: 77, trials: 10, users: "AAEC/w==", examples: ["r1"] },
    ]);
  });

  it("of a change names the versions so that SQL can", () => {
    expect(make("changes", change({ from: "p11", to: "p12" }))).toMatchObject([
      { change_id: "c1", from_version: "p11", to_version: "p12", ...origin("changes") },
    ]);
  });

  it("of a reject splits what may be read from the bytes", () => {
    const value = Buffer.from([1, 2, 3]);
    const made = make("rejects", rejectOf(4, { value, bytes_total: 3 })) as Record<string, unknown>[];
    expect(made[0]).toMatchObject({ reject_id: "earshot.signals:0:4", reason: "malformed", bytes_total: 3 });
    expect(made[0]).not.toHaveProperty("value_base64");
    expect(made[1]).toMatchObject({ reject_id: "earshot.signals:0:4", value_base64: "AQID", key_base64: null });
  });
});

describe("what becomes no row", () => {
  it.each([
    ["a prompt", interaction({ type: "prompt", text: "hi" }), "no_response"],
    ["a tick", interaction({ type: "tick", tenant: "", session_id: "", ts: 0 }), "no_response"],
    ["a response without its id", interaction({ response_id: "" }), "invalid"],
    ["a response from last week", interaction({ ts: at - 7 * 86_400_000 }), "invalid"],
    ["a response of another partition's session", interaction({ session_id: stranger }), "misplaced"],
  ])("is %s", (_, record, reason) => {
    expect(make("interactions", record)).toEqual({ kind: "skip", reason });
  });

  it("is a control tally", () => {
    expect(make("tallies", tally({ signal_type: "~progress" }))).toEqual({ kind: "skip", reason: "control" });
  });

  it("is a signal whose evidence is no list", () => {
    expect(make("signals", signal({ evidence: '{"a":1}' }))).toMatchObject({ kind: "reject", field: "evidence" });
    expect(make("signals", signal({ evidence: "[1]" }))).toMatchObject({ kind: "reject", field: "evidence" });
  });
});

const rekeyed = (header: string) => logRecord(9, { appendTs: at + 3_600_000, headers: { "rekeyed-from": header } });

describe("a re-keyed response", () => {
  const old = interaction({ ts: at - 86_000_000 });

  it("is judged by the append time of its original", () => {
    expect(make("interactions", old, logRecord(9, { appendTs: at + 3_600_000 }))).toMatchObject({ reason: "invalid" });
    expect(make("interactions", old, rekeyed(`earshot.interactions:1:5:${at}`))).toHaveLength(1);
  });

  it("is invalid under a header that no detector writes", () => {
    expect(make("interactions", old, rekeyed("elsewhere"))).toEqual({ kind: "skip", reason: "invalid" });
  });
});

it("the lander writes each of its tables through one topic only", () => {
  expect(new Set(landingTables).size).toBe(landingTables.length);
});
