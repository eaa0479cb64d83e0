// The lander and what alerting says, on real systems: changes, incidents and deliveries land; tombstones and control records do not.
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "#infra/dev/processes.ts";
import { change, delivery, incident, tally } from "#lander/test-records.ts";
import { openScene, type Scene } from "./lander-scene.ts";

let scene: Scene;
const now = Date.now();

beforeAll(async () => {
  scene = await openScene();
  const { codecs, send } = scene;
  await send("changes", [
    codecs.encode("changes", change({ ts: now, from: "p11", to: "p12" })),
    codecs.encode("changes", change({ ts: now, change_id: "c2", kind: "rollback", reverts: "c1" })),
    null,
  ]);
  const revision = (rev: number, state: string) =>
    codecs.encode("incidents", incident({ rev, state, ts: now + rev, opened_at: now, markers: '["sudden"]', p: 1e-9 }));
  await send("incidents", [revision(1, "open"), revision(2, "acknowledged"), revision(3, "resolved"), null]);
  await send("deliveries", [
    codecs.encode("deliveries", delivery({ ts: now, status: "retrying", http_status: 503, next_at: now + 5000 })),
    codecs.encode("deliveries", delivery({ ts: now + 5000, attempt: 2, http_status: 202, accepted_at: now + 5000 })),
    null,
  ]);
  await send("tallies", [codecs.encode("tallies", tally({ tenant: "*", signal_type: "~control", control: "{}" }))]);
  await send("alerter-state", [
    codecs.encode("alerter-state", {
      tenant: "acme",
      generation: 0,
      chunk: 0,
      snapshot_id: "s",
      source_partition: 0,
      log_offset: 1,
      payload: Buffer.alloc(1_100_000, 1),
    }),
  ]);
  await scene.landAll();
  await scene.landAll();
});
afterAll(() => scene[Symbol.asyncDispose]());

const textOf = (ms: number): string => new Date(ms).toISOString().replace("T", " ").slice(0, 23);

it("each change lands once", async () => {
  expect(await scene.rows("SELECT change_id, kind, from_version, reverts, ts FROM changes ORDER BY change_id")).toEqual(
    [
      { change_id: "c1", kind: "prompt", from_version: "p11", reverts: "", ts: textOf(now) },
      { change_id: "c2", kind: "rollback", from_version: "", reverts: "c1", ts: textOf(now) },
    ],
  );
});

it("every transition of an incident lands, and the incident stands at the last", async () => {
  expect(await scene.rows("SELECT rev, state, p, markers FROM incident_transitions ORDER BY rev")).toEqual([
    { rev: 1, state: "open", p: 1e-9, markers: ["sudden"] },
    { rev: 2, state: "acknowledged", p: 1e-9, markers: ["sudden"] },
    { rev: 3, state: "resolved", p: 1e-9, markers: ["sudden"] },
  ]);
  expect(await scene.rows("SELECT incident_id, state FROM incidents")).toEqual([
    { incident_id: "inc_1", state: "resolved" },
  ]);
});

it("every attempt lands, and the delivery stands at the last", async () => {
  expect(await scene.rows("SELECT attempt, status, http_status FROM delivery_attempts ORDER BY attempt")).toEqual([
    { attempt: 1, status: "retrying", http_status: 503 },
    { attempt: 2, status: "delivered", http_status: 202 },
  ]);
  expect(await scene.rows("SELECT status, accepted_at FROM deliveries")).toEqual([
    { status: "delivered", accepted_at: textOf(now + 5000) },
  ]);
});

it("a tombstone is a fault where keys mean nothing, and none where it removes one", async () => {
  expect(await scene.rows("SELECT source_topic, source_offset, reason FROM reject_rows")).toEqual([
    { source_topic: scene.topics.changes.topic, source_offset: 2, reason: "tombstone" },
  ]);
});

it("control records and the alerter's memory are nobody's rows", async () => {
  expect(await scene.rows("SELECT count() AS n FROM tallies")).toEqual([{ n: 0 }]);
  const { topic } = scene.topics["alerter-state"];
  expect(await scene.rows(`SELECT count() AS n FROM landings WHERE topic = '${topic}'`)).toEqual([{ n: 0 }]);
});

it("ranges are noted without gap or overlap, although compaction may hide what is in them", async () => {
  expect(await scene.flaws()).toEqual([]);
});

it("dump writes the topics, bytes as base64, and leaves tombstones out", async () => {
  const lines = (await runCommand("dump", ["incidents"], scene.env)).trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { rev: number }).rev)).toEqual([1, 2, 3]);
  const [piece] = (await runCommand("dump", ["alerter-state"], scene.env)).trim().split("\n");
  expect(JSON.parse(piece ?? "")).toMatchObject({
    generation: 0,
    payload: Buffer.alloc(1_100_000, 1).toString("base64"),
  });
});
