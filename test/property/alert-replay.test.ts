// What must hold of any story of alerting: the log alone decides, and nothing that could name a person leaves.
import { deserialize, serialize } from "node:v8";
import { array, assert, integer, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { createAlertFold, resumeAlertFold } from "#core/alerts/alert-fold.ts";
import type { AlertSnapshot } from "#core/alerts/alert-port.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { incidentPayload } from "#schemas/incident-payload.ts";
import {
  act,
  change,
  type Flow,
  historyStart,
  type LogLine,
  logOf,
  notificationsOf,
  type Story,
  storySettings,
  tellAlerts,
} from "#test/helpers/alert-story.ts";

const options = { partition: 0, rules: defaultRules, settings: storySettings };

/** An incident, a change, a rollback, a person, a slice of few users, a stream that stops. */
const eventful: Story = {
  seed: 3,
  flows: [
    {
      cell: { feature: "billing", prompt_version: "p11", segment: "pro" },
      from: [["10:00", { prompt_version: "p12" }]],
      perHour: 2_000,
      rate: [
        ["10:20", 0.05],
        ["10:20", 0.18],
        ["12:00", 0.18],
        ["12:00", 0.05],
      ],
    },
    {
      cell: { feature: "docs", device: "mobile" },
      perHour: [
        ["13:00", 900],
        ["13:00", 0],
        ["13:40", 0],
        ["13:40", 900],
      ],
      rate: 0.05,
    },
    { cell: { feature: "search", device: "desktop" }, perHour: 300, rate: 0.12, users: 4 },
  ],
  entries: [
    change("10:00", "c-1", { scope: "feature=billing", from: "p11", to: "p12" }),
    act("11:10", "ack"),
    change("12:00", "c-2", { kind: "rollback", scope: "feature=billing", reverts: "c-1" }),
  ],
  until: "14:30",
};

/** The log as it was when the story was told, so that acts name the incident that was open then. */
const told = tellAlerts(eventful);
const incident = told.records[0]?.incident_id ?? "";
const log: readonly LogLine[] = [...logOf(eventful, { newestIncident: () => incident })];

const fold = (lines: readonly LogLine[], cuts: ReadonlySet<number> = new Set()): readonly IncidentRecord[] => {
  let own = createAlertFold(options);
  const records: IncidentRecord[] = [];
  for (const [offset, { record, at }] of lines.entries()) {
    own.add(record, offset, at);
    records.push(...own.drain());
    if (cuts.has(offset)) own = resumeAlertFold(deserialize(serialize(own.snapshot())) as AlertSnapshot, options);
  }
  return records;
};

const expected = fold(log);

/** Without where in the log it was decided. */
const plain = (records: readonly IncidentRecord[]): readonly IncidentRecord[] =>
  records.map((record) => ({ ...record, log_offset: null }));

const crowd = (segment: string, users: number, rate: Flow["rate"]): Flow => ({
  cell: { feature: "billing", segment },
  perHour: 400,
  users,
  rate,
});

describe("the log decides", () => {
  it("tells a story with more than one transition, else what follows says nothing", () => {
    expect(expected.length).toBeGreaterThan(4);
    expect(expected).toEqual(told.records);
  });

  it("wherever a snapshot is taken and taken up again, the transitions are the same byte for byte", () => {
    assert(
      property(array(nat(), { minLength: 1, maxLength: 3 }), (places) => {
        const cuts = new Set(places.map((place) => place % log.length));
        expect(JSON.stringify(fold(log, cuts))).toBe(JSON.stringify(expected));
      }),
      { numRuns: 8 },
    );
  });

  it("the order of tallies before progress is heard changes nothing but offsets", () => {
    assert(
      property(integer(), (seed) => {
        const shuffled = shuffleMinutes(log, seed);
        expect(plain(fold(shuffled))).toEqual(plain(expected));
      }),
      { numRuns: 5 },
    );
  });

  it("tallies that come twice change nothing", () => {
    const doubled = log.flatMap((line) => (line.record.signal_type.startsWith("~") ? [line] : [line, line]));
    expect(plain(fold(doubled))).toEqual(plain(expected));
  });

  it("each transition is one rev more than the one before, and each notification has one body for ever", () => {
    const revs = new Map<string, number>();
    const bodies = new Map<string, string>();
    for (const record of expected) {
      expect(record.rev).toBe((revs.get(record.incident_id) ?? 0) + 1);
      revs.set(record.incident_id, record.rev);
      for (const { id, data } of notificationsOf(record)) {
        const body = JSON.stringify(data);
        expect(bodies.get(id) ?? body).toBe(body);
        bodies.set(id, body);
      }
    }
  });
});

/** Tallies between two control or progress records in another order, by a seed. */
const shuffleMinutes = (lines: readonly LogLine[], seed: number): readonly LogLine[] => {
  const out: LogLine[] = [];
  let run: LogLine[] = [];
  const flush = (): void => {
    // Keys that a seed scatters; equal ones cannot be, for each has its own position.
    const keyed = run.map((line, index) => ({ line, key: Math.imul(seed ^ (index + 1), 0x9e3779b1) >>> 0 }));
    out.push(...keyed.toSorted((a, b) => a.key - b.key).map(({ line }) => line));
    run = [];
  };
  for (const line of lines) {
    if (!line.record.signal_type.startsWith("~")) {
      run.push(line);
      continue;
    }
    flush();
    out.push(line);
  }
  flush();
  return out;
};

describe("what leaves", () => {
  it("is what the allow-list of payloads lets through", () => {
    for (const record of expected)
      for (const { data } of notificationsOf(record)) expect(incidentPayload.safeParse(data).error).toBeUndefined();
  });

  it("holds no user's hash in any spelling", () => {
    const text = JSON.stringify(expected);
    for (const { record } of log.slice(-2_000)) {
      if (record.users === null) continue;
      const bytes = Buffer.from(record.users.subarray(0, 8));
      for (const spelling of [bytes.toString("hex"), bytes.toString("base64"), bytes.readBigUInt64BE().toString()])
        expect(text).not.toContain(spelling);
    }
  });

  it("never names a slice behind which fewer than five users stand", () => {
    const jump: Flow["rate"] = [
      ["10:00", 0.05],
      ["10:00", 0.6],
    ];
    const story = tellAlerts({ flows: [crowd("vip", 3, jump), crowd("free", 400, 0.05)], until: "13:00" });
    expect(story.records.length).toBeGreaterThan(0);
    expect(JSON.stringify(story.records)).not.toContain("vip");
  });
});

describe("an incident of the log whose beginning was not seen", () => {
  it("goes on with its rev when it is adopted, and is not opened again", () => {
    const open = expected.findIndex(({ rev, incident_id: id }) => rev === 2 && id === incident);
    const newest = expected[open];
    if (newest === undefined) throw new Error("the story has no second transition");
    const before = log.findIndex(({ at }) => at > historyStart + 34 * 3_600_000);
    const own = createAlertFold(options);
    const records: IncidentRecord[] = [];
    for (const [offset, { record, at }] of log.entries()) {
      // The incident that its own past would open is forgotten with everything before: only the log's is known.
      if (offset === before) own.adopt([newest]);
      own.add(record, offset, at);
      records.push(...own.drain());
    }
    expect(records.find(({ incident_id: id }) => id === incident)?.rev).toBe(newest.rev + 1);
    expect(
      new Set(records.filter(({ slice }) => slice === "feature=billing").map(({ incident_id: id }) => id)).size,
    ).toBe(1);
  });
});
