// Dumping topics of the in-process broker: every field, every place, what is left out and why.
import { expect, test } from "vitest";
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import type { OutRecord } from "#adapters/broker-port.ts";
import { memoryBroker } from "#adapters/memory/broker.ts";
import { runCommand } from "#runtime/command.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { createInteractionParser } from "#schemas/interaction-json.ts";
import { topicsFor } from "#schemas/topics.ts";
import { dump } from "./dump.ts";

const { interactions } = topicsFor("earshot.", 8);
const codecs = createLocalCodecs();
const parse = createInteractionParser();
let runs = 0;

const interaction = (over: object): InteractionRecord => {
  const read = parse({ event_id: "e", type: "prompt", ts: 1, tenant: "acme", session_id: "s", text: "hi", ...over });
  if ("why" in read) throw new Error(read.why);
  return read.record;
};

const event = (over: object, place: Partial<OutRecord> = {}): OutRecord => ({
  topic: interactions.topic,
  partition: 0,
  key: "s",
  value: codecs.encode("interactions", interaction(over)),
  ...place,
});

const dumpOf = async (name: string, ...args: readonly string[]) => {
  let text = "";
  const said: string[] = [];
  const code = await runCommand(dump, args, {
    env: { KAFKA_BROKERS: `memory://${name}`, SCHEMA_REGISTRY_URL: "memory://" },
    stopping: new AbortController().signal,
    stdout: async (more) => void (text += more),
    stderr: (more) => void said.push(more),
  });
  const lines = text.split("\n").filter((line) => line !== "");
  return { code, said: said.join(""), lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
};

const filled = async (...records: readonly OutRecord[]): Promise<string> => {
  const name = `dump-${++runs}`;
  const broker = memoryBroker(name).connect();
  await using admin = await broker.admin();
  await admin.createTopics([interactions], 1);
  await using producer = await broker.producer();
  for (const record of records) await producer.send([record]);
  return name;
};

test("writes every field and where the record lay, so that replay can read it", async () => {
  const name = await filled(event({ event_id: "a" }), event({ event_id: "b" }, { partition: 5, key: null }));
  const { code, lines, said } = await dumpOf(name, "interactions");
  expect(code).toBe(0);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ event_id: "a", text: "hi", partition: 0, offset: 0, key: "s", schema_id: 1 });
  expect(lines[1]).toMatchObject({ event_id: "b", partition: 5, offset: 0 });
  expect(Number(lines[0]?.["appended_at"])).toBeGreaterThan(1_700_000_000_000);
  for (const line of lines) expect(parse(line)).toMatchObject({ record: { tenant: "acme" } });
  expect(said).toContain("2 records of earshot.interactions");
});

test("a re-keyed copy has its original's append time; a header of another make is left out", async () => {
  const name = await filled(
    event({ event_id: "copy" }, { headers: { "rekeyed-from": "earshot.interactions:3:17:1700000000000" } }),
    event({ event_id: "odd" }, { headers: { "rekeyed-from": "elsewhere" } }),
  );
  const { lines, said } = await dumpOf(name, "earshot.interactions");
  expect(lines.map(({ event_id, appended_at }) => [event_id, appended_at])).toEqual([["copy", 1_700_000_000_000]]);
  expect(said).toContain("earshot.interactions:0:1 left out");
});

test("what is no record of ours is left out with its place and reason, and stops nothing", async () => {
  const name = await filled(
    event({}, { value: Buffer.from("text") }),
    event({}, { value: Buffer.from([0, 0, 0, 9, 9, 1]) }),
    event({ event_id: "good" }),
  );
  const { code, lines, said } = await dumpOf(name, "interactions");
  expect(code).toBe(0);
  expect(lines.map(({ event_id }) => event_id)).toEqual(["good"]);
  expect(said).toContain("earshot.interactions:0:0 left out: not_avro");
  expect(said).toContain("1 records of earshot.interactions, 2 left out");
});

test("--from and --to bound it by append time, --partition by partition", async () => {
  const name = await filled(event({}), event({}, { partition: 1 }));
  expect((await dumpOf(name, "interactions", "--from", "2999-01-01T00:00Z")).lines).toEqual([]);
  expect((await dumpOf(name, "interactions", "--to", "1000")).lines).toEqual([]);
  expect((await dumpOf(name, "interactions", "--from", "1000", "--partition", "1")).lines).toHaveLength(1);
  expect((await dumpOf(name, "interactions", "--from", "soon")).code).toBe(2);
});

test("an unknown name is a mistake of use, a topic that is missing names the cure", async () => {
  const name = await filled();
  const unknown = await dumpOf(name, "interaction");
  expect(unknown.code).toBe(2);
  expect(unknown.said).toContain("interactions, signals");
  const missing = await dumpOf(name, "signals");
  expect(missing.code).toBe(2);
  expect(missing.said).toContain("npm run topics");
});
