// Publishing on the in-process broker: where events land, what is said of bad lines, how old events are shifted.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import { connectBroker } from "#adapters/broker.ts";
import { partitionFor } from "#core/partition.ts";
import { runCommand } from "#runtime/command.ts";
import { silentLogger } from "#runtime/logger.ts";
import { type RecordOf, type TopicKind, topicsFor } from "#schemas/topics.ts";
import { publish } from "./publish.ts";

const topics = topicsFor("earshot.", 8);
const hour = 3_600_000;

let folder = "";
let runs = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-publish-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const prompt = (over: object = {}): string =>
  JSON.stringify({
    event_id: "e1",
    type: "prompt",
    ts: Date.now(),
    tenant: "acme",
    session_id: "s1",
    text: "hi",
    ...over,
  });

const publishLines = (lines: readonly string[], ...args: readonly string[]) => publishTo("interactions", lines, args);

/** Publishes lines on a broker of their own, and reads what arrived. */
const publishTo = async <K extends TopicKind>(kind: K, lines: readonly string[], args: readonly string[]) => {
  const { topic } = topics[kind];
  const brokers = `memory://publish-${++runs}`;
  const file = join(folder, `${runs}.jsonl`);
  writeFileSync(file, `${lines.join("\n")}\n`);
  await using broker = await connectBroker({ brokers, clientId: "test", log: silentLogger });
  await using admin = await broker.admin();
  await admin.createTopics([topics[kind]], 1);
  const said: string[] = [];
  const code = await runCommand(publish, [file, ...args], {
    env: { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: "memory://" },
    stopping: new AbortController().signal,
    stdout: async () => undefined,
    stderr: (text) => void said.push(...text.trimEnd().split("\n")),
  });
  const codecs = createLocalCodecs();
  const arrived: (RecordOf<K> & { readonly partition: number; readonly key: string | undefined })[] = [];
  for (const [partition, { start, end }] of await admin.offsets(topic))
    for await (const batch of broker.reader().read({ topic, partition }, start, end))
      for (const { key, value } of batch.records) {
        const decoded = codecs.decode(kind, value);
        if (decoded.kind !== "record") throw new Error(decoded.kind);
        arrived.push({ partition, key: key?.toString(), ...decoded.record });
      }
  return { code, said, arrived };
};

test("each event lands in its session's partition, keyed by it, in order", async () => {
  const lines = Array.from({ length: 50 }, (_, n) => prompt({ event_id: `e${n}`, session_id: `s${n % 7}` }));
  const { code, said, arrived } = await publishLines(lines);
  expect(code).toBe(0);
  expect(said).toEqual([expect.stringMatching(/^50 events published in /)]);
  for (const { partition, key, session_id } of arrived) {
    expect(key).toBe(session_id);
    expect(partition).toBe(partitionFor(session_id, 8));
  }
  const ofOne = arrived.filter(({ session_id }) => session_id === "s3").map(({ event_id }) => event_id);
  expect(ofOne).toEqual(["e3", "e10", "e17", "e24", "e31", "e38", "e45"]);
});

test("bad lines are told with number and reason, never with their text, and stop nothing", async () => {
  const { code, said, arrived } = await publishLines([
    prompt(),
    "Tell me a secret",
    "",
    '"a secret"',
    prompt({ event_id: "" }),
    prompt({ type: "wish" }),
    prompt({ secret: "x" }),
    prompt({ ts: Date.now() - 25 * hour }),
    prompt({ type: "tick" }),
    prompt({ type: "tick", partition: 99 }),
    prompt({ utc_offset_min: 1e12 }),
    prompt({ utc_offset_min: 100_000 }),
    prompt({ event_id: "e2" }),
  ]);
  expect(said.slice(0, -1)).toEqual([
    "line 2: not JSON",
    "line 4: not a JSON object",
    "line 5: event_id: missing_field",
    "line 6: type: unknown_type",
    "line 7: secret: no such field",
    "line 8: ts: timestamp_out_of_range (--rebase now shifts old events to the present)",
    "line 9: partition: a tick needs one",
    "line 10: partition: expected 0 to 7",
    "line 11: utc_offset_min: expected a whole number of 32 bits",
    "line 12: utc_offset_min: invalid_value",
  ]);
  expect(said.at(-1)).toMatch(/^2 events published .*; 10 bad lines left out$/);
  expect(arrived.map(({ event_id }) => event_id)).toEqual(["e1", "e2"]);
  expect(code).toBe(1);
});

test("--rebase now shifts all events alike, so that the last is now", async () => {
  const lines = [prompt({ ts: 1000 }), prompt({ event_id: "e2", ts: 61_000 }), "no event"];
  const { arrived } = await publishLines(lines, "--rebase", "now");
  const [first = 0, second = 0] = arrived.map(({ ts }) => ts);
  expect(second - first).toBe(60_000);
  expect(Math.abs(Date.now() - second)).toBeLessThan(10_000);
});

test("--rate spreads the events", async () => {
  const lines = Array.from({ length: 30 }, (_, n) => prompt({ event_id: `e${n}` }));
  const start = performance.now();
  const { arrived } = await publishLines(lines, "--rate", "100");
  expect(arrived).toHaveLength(30);
  expect(performance.now() - start).toBeGreaterThan(190);
});

test("a tick goes to the partition it names, without a key", async () => {
  const { arrived } = await publishLines(['{"event_id":"t","type":"tick","partition":5}']);
  expect(arrived).toMatchObject([{ partition: 5, key: undefined, type: "tick" }]);
});

const change = (over: object = {}): string =>
  JSON.stringify({ change_id: "c1", ts: new Date().toISOString(), kind: "prompt", ...over });

describe("--changes", () => {
  test("publishes changes, keyed by the slice that they touch", async () => {
    const lines = [change({ scope: "tier=pro,feature=billing", from: "p11", to: "p12" }), change({ change_id: "c2" })];
    const { code, said, arrived } = await publishTo("changes", lines, ["--changes"]);
    expect(said).toEqual([expect.stringMatching(/^2 changes published in /)]);
    expect(code).toBe(0);
    const scope = "feature=billing,tier=pro";
    expect(arrived).toHaveLength(2);
    expect(arrived).toContainEqual(
      expect.objectContaining({ change_id: "c1", scope, key: scope, partition: partitionFor(scope, 4), to: "p12" }),
    );
    expect(arrived).toContainEqual(expect.objectContaining({ change_id: "c2", tenant: "*", key: "*" }));
  });

  test("tells all that is wrong with a line, and publishes the others", async () => {
    const lines = [
      change({ kind: "promt", scope: "billing" }),
      "no change",
      change({ ts: new Date(Date.now() + hour).toISOString() }),
      change({ ts: Math.floor(Date.now() / 1000) }),
      change({ change_id: "c2" }),
    ];
    const { code, said, arrived } = await publishTo("changes", lines, ["--changes"]);
    expect(said).toEqual([
      expect.stringMatching(
        /^line 1: kind: no kind is called promt; there are .*; scope: expected \* or dimension=value/,
      ),
      "line 2: not JSON",
      "line 3: ts: in the future; publish a change when it takes effect",
      "line 4: ts: more than 400 days ago (--rebase now shifts old changes to the present)",
      expect.stringMatching(/^1 changes published .*; 4 bad lines left out$/),
    ]);
    expect(arrived.map(({ change_id }) => change_id)).toEqual(["c2"]);
    expect(code).toBe(1);
  });

  test("--rebase now shifts them alike", async () => {
    const lines = [change({ ts: "2020-01-01T10:00Z" }), change({ change_id: "c2", ts: "2020-01-01T10:30Z" })];
    const { arrived } = await publishTo("changes", lines, ["--changes", "--rebase", "now"]);
    const [first = 0, second = 0] = arrived.map(({ ts }) => ts).toSorted((a, b) => a - b);
    expect(second - first).toBe(30 * 60_000);
    expect(Math.abs(Date.now() - second)).toBeLessThan(10_000);
  });
});

test("--dry-run checks without a broker", async () => {
  const file = join(folder, "dry.jsonl");
  writeFileSync(file, `${prompt()}\n{}\n`);
  const said: string[] = [];
  const code = await runCommand(publish, [file, "--dry-run"], {
    env: {},
    stopping: new AbortController().signal,
    stdout: async () => undefined,
    stderr: (text) => void said.push(text.trimEnd()),
  });
  expect(said).toEqual(["line 2: ts: missing", expect.stringMatching(/^1 events valid/)]);
  expect(code).toBe(1);
});

test.each([
  [["--rate", "fast"], "--rate fast: expected a number of events a second"],
  [["--rebase", "then"], "--rebase then: expected now"],
])("%j is a wrong call", async (args, message) => {
  const { code, said } = await publishLines([prompt()], ...args);
  expect(said).toEqual([message]);
  expect(code).toBe(2);
});

test("a missing topic is told with its cure", async () => {
  const said: string[] = [];
  const file = join(folder, "one.jsonl");
  writeFileSync(file, prompt());
  const code = await runCommand(publish, [file], {
    env: { KAFKA_BROKERS: "memory://empty", SCHEMA_REGISTRY_URL: "memory://" },
    stopping: new AbortController().signal,
    stdout: async () => undefined,
    stderr: (text) => void said.push(text),
  });
  expect(said.join("")).toMatch(/earshot\.interactions[^]*npm run topics/);
  expect(code).toBe(2);
});
