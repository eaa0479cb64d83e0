// The whole pipeline against its offline twin: duplicates, disorder, ticks, rebalances and kills change no final signal.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectBroker } from "#adapters/broker.ts";
import { openStore } from "#adapters/store.ts";
import { type RunningProcess, runCommand, startProcess } from "#infra/dev/processes.ts";
import { type Event, generateTraffic } from "#infra/dev/traffic.ts";
import { createLogger } from "#runtime/logger.ts";
import { type SignalRecord, signalFields } from "#schemas/generated/records.ts";
import { topicsFor } from "#schemas/topics.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { freshNamespace, stackSettings } from "#test/helpers/stack.ts";

const canary = "xyzzy-canary-7f3a";
const minute = 60_000;
const quiet = createLogger({ name: "e2e", level: "error", to: "stderr" });

/** The record itself, without what dump says of its place in the topic. */
const recordOf = (line: SignalRecord, fields: readonly (keyof SignalRecord)[]): Record<string, unknown> =>
  Object.fromEntries(fields.map((name) => [name, line[name]]));

/** What two signals must agree in: everything but how often and where they were said. */
const contentFields = signalFields.filter(
  (name) => !["revision", "origin", "schema_id"].includes(name) && !name.startsWith("source_"),
);

const finalOf = (signals: readonly SignalRecord[]): Map<string, Record<string, unknown>> => {
  const newest = new Map<string, SignalRecord>();
  for (const signal of signals) {
    if (signal.revision >= (newest.get(signal.event_id)?.revision ?? 0)) newest.set(signal.event_id, signal);
  }
  const live = [...newest].filter(([, signal]) => !signal.retracted);
  return new Map(
    live.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, signal]) => [id, recordOf(signal, contentFields)]),
  );
};

const parse = <T>(lines: string): T[] =>
  lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);

describe("the pipeline under duplicates, disorder, rebalances and kills", () => {
  const env: Record<string, string> = {};
  let folder = "";
  let events: Event[] = [];
  let signals: SignalRecord[] = [];
  const running = new Set<RunningProcess>();
  const urls = new Map<string, string>();

  const start = async (name: string, as: string): Promise<RunningProcess> => {
    const process = await startProcess(name, env, { logFile: join(folder, `${as}.log`) });
    running.add(process);
    urls.set(as, process.url);
    return process;
  };
  const publish = async (name: string, part: readonly Event[]): Promise<void> => {
    const file = join(folder, `${name}.jsonl`);
    await writeFile(file, part.map((event) => `${JSON.stringify(event)}\n`).join(""));
    await runCommand("publish", [file], env);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "earshot-e2e-"));
    Object.assign(env, stackSettings(), freshNamespace(), {
      EARSHOT_PARTITIONS: "4",
      EARSHOT_IDLE: "3s",
      EARSHOT_TICK_INTERVAL: "500ms",
      EARSHOT_REGISTRY_CACHE: join(folder, "schemas"),
    });
    await Promise.all([runCommand("topics", [], env), runCommand("schemas", [], env), runCommand("migrate", [], env)]);

    const to = Date.now() - 45 * minute;
    const traffic = generateTraffic({
      seed: 20,
      sessions: 900,
      dialogues: 150,
      from: to - 20 * 60 * minute,
      to,
      duplicates: 0.03,
      disorder: 0.05,
    });
    const withCanary = traffic.events.map((event, i) =>
      event.text !== undefined && i % 50 === 0 ? { ...event, text: `${event.text ?? ""} ${canary}` } : event,
    );
    const comment = { type: "feedback", label: "comment", text: `it said ${canary}`, response_id: "r-canary" };
    const last = withCanary.at(-1);
    events = last === undefined ? [] : [...withCanary, { ...last, ...comment, event_id: "canary-comment" }];
    expect(events.length).toBeGreaterThan(5_000);

    // Two detectors come and go, and one of each service is killed, while history is published in five parts.
    const part = (i: number) => events.slice((i * events.length) / 5, ((i + 1) * events.length) / 5);
    const [first, lander] = await Promise.all([start("detector", "detector-1"), start("lander", "lander-1")]);
    await publish("part-1", part(0));
    const second = await start("detector", "detector-2"); // rebalance 1: one more member
    await publish("part-2", part(1));
    await lander.kill();
    await publish("part-3", part(2));
    await start("lander", "lander-2");
    await first.kill(); // rebalance 2: a member dies and is missed after the session time-out
    await publish("part-4", part(3));
    await start("detector", "detector-3"); // rebalance 3
    await second[Symbol.asyncDispose](); // rebalance 4: an orderly leave
    await publish("part-5", part(4));
    // Long past the watermark by now, so late; and bytes that are no Avro, so rejected.
    await publish(
      "too-late",
      events.slice(0, 1).map((event) => ({ ...event, event_id: "too-late", text: canary })),
    );
    const topics = topicsFor(env["EARSHOT_TOPIC_PREFIX"] ?? "", 4);
    await using broker = await connectBroker({ brokers: env["KAFKA_BROKERS"] ?? "", clientId: "e2e", log: quiet });
    await using admin = await broker.admin();
    await using producer = await broker.producer();
    await producer.send([{ topic: topics.interactions.topic, partition: 0, key: "s", value: Buffer.from(canary) }]);
    await start("ticker", "ticker");
    const group = (name: string) => `${env["EARSHOT_GROUP_PREFIX"] ?? ""}${name}`;
    // Every visit is closed once each partition's watermark has passed the last event by gap and lateness.
    await eventually(
      async () => {
        const committed = await admin.committed(group("detector"), topics.interactions.topic);
        const marks = [...committed.values()].map(
          ({ metadata }) => (JSON.parse(metadata || "{}") as { wm?: number }).wm ?? 0,
        );
        expect(marks).toHaveLength(4);
        expect(Math.min(...marks)).toBeGreaterThan(to + 31 * minute);
      },
      { within: 90_000 },
    );
    const outputs = [topics.signals, topics.tallies, topics.late, topics.rejects, topics.interactions];
    const ends = await Promise.all(outputs.map(async ({ topic }) => ({ topic, offsets: await admin.offsets(topic) })));
    await eventually(
      async () => {
        for (const { topic, offsets } of ends) {
          const committed = await admin.committed(group("lander"), topic);
          for (const [partition, { end }] of offsets) {
            expect(committed.get(partition)?.offset ?? 0, `${topic} ${String(partition)}`).toBeGreaterThanOrEqual(end);
          }
        }
      },
      { within: 60_000 },
    );
    signals = parse<SignalRecord>(await runCommand("dump", ["signals"], env));
  }, 400_000);

  afterAll(async () => {
    await Promise.all([...running].map((process) => process[Symbol.asyncDispose]()));
    await rm(folder, { recursive: true, force: true });
  });

  it("says the same final signals as an offline replay of the same log", async () => {
    const log = join(folder, "interactions.jsonl");
    await writeFile(log, await runCommand("dump", ["interactions"], env));
    const out = join(folder, "replayed.jsonl");
    await runCommand("replay", ["--in", log, "--out", out, "--final"], env);

    const replayed = finalOf(parse<SignalRecord>(await readFile(out, "utf8")));
    const live = finalOf(signals);
    expect(live.size).toBeGreaterThan(500);
    expect([...live.keys()]).toEqual([...replayed.keys()]);
    const different = [...live].filter(([id, content]) => !isDeepStrictEqual(content, replayed.get(id)));
    expect(different.slice(0, 3).map(([id, content]) => ({ said: content, replayed: replayed.get(id) }))).toEqual([]);
  });

  it("says every (id, revision) with one content only", () => {
    const said = new Map<string, string>();
    for (const signal of signals) {
      const key = `${signal.event_id} ${String(signal.revision)}`;
      const content = JSON.stringify(recordOf(signal, signalFields));
      expect(said.get(key) ?? content).toBe(content);
      said.set(key, content);
    }
    expect(said.size).toBeGreaterThan(500);
  });

  const openEnvStore = () =>
    openStore({
      url: env["CLICKHOUSE_URL"] ?? "",
      user: env["CLICKHOUSE_USER"] ?? "default",
      password: env["CLICKHOUSE_PASSWORD"] ?? "",
      database: env["CLICKHOUSE_DATABASE"] ?? "",
      log: quiet,
    });

  it("shows each of them once in ClickHouse", async () => {
    await using store = await openEnvStore();
    const rows = await store.query("SELECT event_id FROM feedback ORDER BY event_id");
    expect(rows.map((row) => row["event_id"])).toEqual([...finalOf(signals).keys()]);
  });

  it("lands every offset once: no gap and no overlap per partition", async () => {
    await using store = await openEnvStore();
    const rows = await store.query(
      "SELECT topic, partition, first, last FROM landings FINAL ORDER BY topic, partition, first",
    );
    const next = new Map<string, number>();
    for (const row of rows) {
      const lane = `${String(row["topic"])} ${String(row["partition"])}`;
      expect(Number(row["first"]), lane).toBe(next.get(lane) ?? 0);
      next.set(lane, Number(row["last"]) + 1);
    }
    expect(next.size).toBeGreaterThanOrEqual(9);
  });

  it("lets user text reach no table, topic, log or metric but those that may hold it", async () => {
    await using store = await openEnvStore();
    const columns = await store.query(
      "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND table NOT IN ('reject_bytes') AND (type LIKE '%String%')",
    );
    expect(columns.length).toBeGreaterThan(50);
    const [held] = await store.query(
      `SELECT (SELECT count() FROM late) AS late, (SELECT count() FROM reject_rows) AS rejected,
      (SELECT count() FROM reject_bytes WHERE position(base64Decode(value_base64), {canary:String}) > 0) AS bytes`,
      { canary },
    );
    expect(held).toEqual({ late: 1, rejected: 1, bytes: 1 });
    const byTable = Map.groupBy(columns, (row) => String(row["table"]));
    for (const [table, named] of byTable) {
      const text = named.map((row) => `toString(${String(row["name"])})`).join(", ");
      const [found] = await store.query(
        `SELECT count() AS n FROM ${table} WHERE position(concat(${text}, ''), {canary:String}) > 0`,
        { canary },
      );
      expect(Number(found?.["n"]), table).toBe(0);
    }
    for (const topic of ["signals", "tallies", "late"])
      expect(await runCommand("dump", [topic], env)).not.toContain(canary);
    expect(await runCommand("dump", ["interactions"], env)).toContain(canary);
    // The others are gone by now, their metrics with them.
    for (const name of ["detector-3", "lander-2", "ticker"]) {
      const metrics = await (await fetch(`${urls.get(name) ?? ""}/metrics`)).text();
      expect(metrics).toContain("earshot_build_info");
      expect(metrics).not.toContain(canary);
    }
    for (const log of ["detector-1", "detector-2", "detector-3", "lander-1", "lander-2", "ticker"]) {
      expect(await readFile(join(folder, `${log}.log`), "utf8")).not.toContain(canary);
    }
  });

  it("answers for every signal: versions, settings, events and offsets", async () => {
    await using store = await openEnvStore();
    const [row] = await store.query(`SELECT count() AS n,
      countIf(detector_id != '' AND detector_version != '' AND config_hash != '') AS who,
      countIf(notEmpty(evidence) AND source_topic != '' AND source_last_offset >= source_first_offset AND schema_id > 0) AS what,
      countIf(provenance_status = 'unresolved' OR (prompt_version != '' AND model != '' AND release != '')) AS which
      FROM feedback`);
    // Traffic of whole conversations: every response was seen.
    const [open] = await store.query(
      "SELECT countIf(provenance_status = 'unresolved') / count() AS share FROM feedback",
    );
    expect(Number(open?.["share"])).toBeLessThan(0.01);
    expect(row).toMatchObject({ who: row?.["n"], what: row?.["n"], which: row?.["n"] });
  });
});
