// The lander on real systems: what lands, what bad input gets, what outages and wrong positions do.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partitionFor } from "#core/partition.ts";
import { rekeyedHeader, writeRekeyedFrom } from "#core/rekeyed.ts";
import { runCommand } from "#infra/dev/processes.ts";
import { interaction, late, rejectOf, signal, tally } from "#lander/test-records.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { openScene, type Scene } from "./lander-scene.ts";
import { readiness } from "./surroundings.ts";

const inputPartitions = 2;
const sessionIn = (partition: number): string => {
  const names = Array.from({ length: 50 }, (_, index) => `session-${index}`);
  return names.find((name) => partitionFor(name, inputPartitions) === partition) ?? "";
};

describe("what lands", () => {
  let scene: Scene;
  const now = Date.now();

  beforeAll(async () => {
    scene = await openScene();
    const { codecs, send, topics } = scene;
    const response = (over: object) =>
      codecs.encode("interactions", interaction({ ts: now, session_id: sessionIn(0), text: "canary", ...over }));
    await send("interactions", [
      response({ event_id: "e1", response_id: "r1", model: "aster-2" }),
      response({ event_id: "e2", type: "prompt", response_id: null }),
      response({ event_id: "e3", response_id: "" }),
      response({ event_id: "e4", ts: now - 30 * 3_600_000 }),
      response({ event_id: "e5", session_id: sessionIn(1) }),
      Buffer.from("no avro"),
    ]);
    const from = { topic: topics.interactions.topic, partition: 0, offset: 4, appendTs: now };
    const moved = response({ event_id: "e5", session_id: sessionIn(1), response_id: "r5" });
    await send("interactions", [moved], { partition: 1, headers: { [rekeyedHeader]: writeRekeyedFrom(from) } });

    const good = codecs.encode("signals", signal({ ts: now, event_id: "s1" }));
    await send("signals", [
      good,
      good.subarray(0, 30),
      Buffer.from([0, 0, 0, 0, 77, 2, 4]),
      codecs.encode("signals", signal({ ts: now, event_id: "refused", revision: -1 })),
      codecs.encode("signals", signal({ ts: now, event_id: "s2", revision: 2 })),
      codecs.encode("signals", signal({ ts: now, event_id: "no list", evidence: "none" })),
    ]);
    await send("tallies", [
      codecs.encode("tallies", tally({ minute: now - (now % 60_000), users: Buffer.alloc(10, 7) })),
      codecs.encode("tallies", tally({ signal_type: "~progress" })),
    ]);
    await send("late", [codecs.encode("late", late({ ts: now, watermark: now, append_ts: now }))], { partition: 3 });
    await send("rejects", [
      codecs.encode("rejects", rejectOf(3, { append_ts: now, key: Buffer.from("k"), value: Buffer.from([0, 255]) })),
      Buffer.from("a bad record about bad records"),
    ]);
    await scene.landAll();
    // The lander's own rejects came after what it had read, and land too.
    await scene.landAll();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("is one row per valid response at its session's partition, without its text", async () => {
    const rows = await scene.rows("SELECT * FROM responses ORDER BY event_id");
    expect(rows).toMatchObject([
      { event_id: "e1", response_id: "r1", model: "aster-2", text_chars: 6, _partition: 0, _offset: 0, _inc: 1 },
      { event_id: "e5", response_id: "r5", _partition: 1 },
    ]);
    expect(JSON.stringify(rows)).not.toContain("canary");
  });

  it("is every good signal, although a bad one lies between", async () => {
    const rows = await scene.rows("SELECT event_id, revision, evidence, _offset FROM signals ORDER BY _offset");
    expect(rows).toEqual([
      { event_id: "s1", revision: 1, evidence: ["e1", "e2"], _offset: 0 },
      { event_id: "s2", revision: 2, evidence: ["e1", "e2"], _offset: 4 },
    ]);
  });

  it("is every tally but control records, and what came late", async () => {
    expect(await scene.rows("SELECT signal_type, trials, stamp FROM tallies")).toEqual([
      { signal_type: "implicit:copy", trials: 10, stamp: 77 },
    ]);
    expect(await scene.rows("SELECT event_id, reason, text_chars FROM late")).toEqual([
      { event_id: "e1", reason: "late", text_chars: 12 },
    ]);
  });

  it("is a reject for each bad record, with its reason, and apart from it the bytes", async () => {
    const rows = await scene.rows(
      "SELECT source_offset, reason, field, service FROM reject_rows ORDER BY source_offset, reason",
    );
    expect(rows).toEqual([
      { source_offset: 1, reason: "malformed", field: "", service: "lander" },
      { source_offset: 2, reason: "unknown_schema", field: "", service: "lander" },
      { source_offset: 3, reason: "malformed", field: "", service: "lander" },
      { source_offset: 3, reason: "row_refused", field: "", service: "lander" },
      { source_offset: 5, reason: "invalid_value", field: "evidence", service: "lander" },
    ]);
    const bytes = await scene.rows("SELECT value_base64 FROM reject_bytes WHERE reject_id = 'earshot.signals:0:3'");
    expect(bytes).toEqual([{ value_base64: "AP8=" }]);
  });

  it("is noted range by range, without gap or overlap", async () => {
    expect(await scene.flaws()).toEqual([]);
  });

  it("is the same after a restart: nothing comes twice", async () => {
    const count = () =>
      scene.rows("SELECT (SELECT count() FROM signals) AS signals, (SELECT count() FROM landings) AS landings");
    const before = await count();
    await scene.landAll();
    expect(await count()).toEqual(before);
  });
});

describe("an outage", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  const signals = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) =>
      scene.codecs.encode("signals", signal({ ts: Date.now(), event_id: `id-${from + index}` })),
    );
  const idsInOrder = async () =>
    (await scene.rows("SELECT event_id FROM signals ORDER BY _offset")).map((row) => row["event_id"]);

  it("of ClickHouse is waited out: not ready meanwhile, nothing lost or doubled after", async () => {
    await using lander = await scene.start();
    await scene.send("signals", signals(0, 5));
    await scene.landed();

    scene.clickhouse.goAway();
    await scene.send("signals", signals(5, 5));
    await eventually(async () => expect((await readiness(lander))["clickhouse"]).toContain("away for"));
    expect(await (await fetch(`${lander.url}/livez`)).json()).toMatchObject({ ok: true });

    scene.clickhouse.comeBack();
    await scene.landed();
    expect((await readiness(lander))["clickhouse"]).toBe("ok");
    expect(await idsInOrder()).toEqual(Array.from({ length: 10 }, (_, index) => `id-${index}`));
    expect(await scene.flaws()).toEqual([]);
  });

  it("that swallows replies of inserts doubles nothing", async () => {
    await using lander = await scene.start();
    scene.clickhouse.loseReplies(3);
    await scene.send("signals", signals(10, 5));
    await scene.landed();
    expect((await readiness(lander))["clickhouse"]).toBe("ok");
    expect(await idsInOrder()).toHaveLength(15);
    expect(await scene.flaws()).toEqual([]);
  });

  it("of ClickHouse does not keep it from stopping, and the pending range lands after the next start", async () => {
    const lander = await scene.start();
    scene.clickhouse.goAway();
    await scene.send("signals", signals(15, 5));
    await eventually(async () => expect((await readiness(lander))["clickhouse"]).toContain("away for"));
    await lander[Symbol.asyncDispose]();
    expect(await lander.ended).toBe(0);

    scene.clickhouse.comeBack();
    await scene.landAll();
    expect(await idsInOrder()).toHaveLength(20);
    expect(await scene.flaws()).toEqual([]);
  });

  it("of the registry holds back only what needs it", async () => {
    await using lander = await scene.start();
    // A producer with a later schema of its own: one more optional field at the end.
    const schema = JSON.parse(bundledSchema("signal")) as { fields: object[] };
    schema.fields.push({ name: "later", type: ["null", "string"], default: null });
    const answer = await fetch(`${scene.env["SCHEMA_REGISTRY_URL"] ?? ""}/subjects/later-${scene.group}/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    });
    const { id } = (await answer.json()) as { id: number };
    const [known] = signals(20, 1);
    const value = Buffer.concat([known ?? Buffer.alloc(0), Buffer.from([0])]);
    value.writeInt32BE(id, 1);

    scene.registry.goAway();
    await scene.send("signals", [value]);
    await scene.send("signals", signals(21, 1), { partition: 1 });
    await eventually(async () => expect((await readiness(lander))["registry"]).toContain("away for"));
    await eventually(async () => expect(await idsInOrder()).toContain("id-21"));
    expect(await idsInOrder()).not.toContain("id-20");

    scene.registry.comeBack();
    await scene.landed();
    expect(await idsInOrder()).toContain("id-20");
    expect(await scene.rows("SELECT 1 FROM reject_rows")).toEqual([]);
  });
});

describe("a wrong position or configuration", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    await scene.send(
      "signals",
      Array.from({ length: 4 }, (_, index) =>
        scene.codecs.encode("signals", signal({ ts: Date.now(), event_id: `id-${index}` })),
      ),
    );
    await scene.landAll();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  const partition = () => ({ topic: scene.topics.signals.topic, partition: 0 });
  /** Starts a lander that is to end by itself; its exit code and what it said. */
  const endOf = async (over: Readonly<Record<string, string>> = {}) => {
    const ended = await scene.start(over).then(
      (lander) => lander.ended,
      (error: Error) => Number(/ended with (\d+)/.exec(error.message)?.[1]),
    );
    return { ended, said: await scene.lastLog() };
  };

  it("beyond the end of the log ends the lander with the cure, which works", async () => {
    await scene.admin.setCommitted(scene.group, partition(), 50, "");
    const { ended, said } = await endOf();
    expect(ended).toBe(1);
    expect(said).toContain("offset 50 lies beyond the end 4 of the log");
    expect(said).toContain("lander:reset -- --to landed");

    await runCommand("lander-reset", ["--to", "landed", "--topic", "signals"], scene.env);
    await scene.landAll();
    expect(await scene.rows("SELECT count() AS n FROM signals")).toEqual([{ n: 4 }]);
    expect(await scene.flaws()).toEqual([]);
  });

  it("beside the pending range ends it too; the reset finishes the range", async () => {
    await scene.send("signals", [scene.codecs.encode("signals", signal({ ts: Date.now(), event_id: "id-4" }))]);
    await scene.admin.setCommitted(scene.group, partition(), 3, '{"v":1,"inc":1,"pend":[4,4]}');
    const { ended, said } = await endOf();
    expect(ended).toBe(1);
    expect(said).toContain("offset 3 is not the beginning of the pending 4-4");

    await runCommand("lander-reset", ["--to", "latest", "--topic", "signals"], scene.env);
    expect(await scene.rows("SELECT count() AS n FROM signals")).toEqual([{ n: 5 }]);
    expect(await scene.flaws()).toEqual([]);
  });

  it("metadata of another program ends it", async () => {
    await scene.admin.setCommitted(scene.group, partition(), 5, "theirs");
    const { ended, said } = await endOf();
    expect(ended).toBe(1);
    expect(said).toContain("is not the lander's");
    await runCommand("lander-reset", ["--topic", "signals"], scene.env);
  });

  it("left again and again without progress, makes it try each record first, and land them all", async () => {
    await scene.send("signals", [scene.codecs.encode("signals", signal({ ts: Date.now(), event_id: "id-5" }))]);
    await scene.admin.setCommitted(scene.group, partition(), 5, '{"v":1,"inc":1,"try":3}');
    await scene.landAll();
    expect(await scene.lastLog()).toContain("trying each record first");
    expect(await scene.rows("SELECT count() AS n FROM signals")).toEqual([{ n: 6 }]);
    const committed = await scene.admin.committed(scene.group, partition().topic);
    expect(committed.get(0)).toEqual({ offset: 6, metadata: '{"v":1,"inc":1}' });
  });

  it("a database without tables ends it with exit 2 and the cure", async () => {
    const { ended, said } = await endOf({ CLICKHOUSE_DATABASE: "default" });
    expect(ended).toBe(2);
    expect(said).toContain("npm run migrate");
  });

  it("a missing topic ends it with exit 2 and the cure", async () => {
    const { ended, said } = await endOf({ EARSHOT_TOPIC_PREFIX: "nowhere." });
    expect(ended).toBe(2);
    expect(said).toContain("npm run topics");
  });
});
