// The alerter on real Kafka, a real registry and a real receiver: the reference story, people's acts, two instances, bad receivers.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openReceiver } from "#infra/dev/receiver.ts";
import { notificationsOf } from "#test/helpers/alert-story.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { openScene, type Scene, storyLines, token } from "./alerter-scene.ts";
import { readiness } from "./surroundings.ts";

interface Told {
  readonly type: string;
  readonly data: {
    readonly slice: string;
    readonly changes: readonly { readonly change_id: string; readonly rollback_ref: string | null }[];
  };
}

const bodies = ({ receiver }: Scene): readonly Told[] => receiver.received.map(({ body }) => JSON.parse(body) as Told);

const ask = async (api: string, path: string, body?: object, as = token) => {
  const answer = await fetch(`${api}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Readonly<Record<string, unknown>> };
};

describe("5 % → 18 % after a prompt change, and its rollback", () => {
  let scene: Scene;
  let metrics = "";
  beforeAll(async () => {
    scene = await openScene();
    const alerter = await scene.start({ EARSHOT_ALERT_SNAPSHOT_INTERVAL: "1s" });
    await scene.caughtUp();
    await scene.play(storyLines(undefined, "12:30"));
    await scene.told("opened");
    await scene.remembered("12:30");
    await scene.told("resolved");
    await scene.caughtUp();
    metrics = await (await fetch(`${alerter.url}/metrics`)).text();
    expect(Object.values(await readiness(alerter)).filter((state) => state !== "ok")).toEqual([]);
    await alerter[Symbol.asyncDispose]();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("is one incident, said as one plain fold of the log says it", async () => {
    await expect(scene.check()).resolves.toBeUndefined();
  });

  it("reaches the receiver signed, with the slice and the change first", () => {
    const [opened] = bodies(scene);
    expect(opened?.type).toBe("incident.opened");
    expect(opened?.data.slice).toContain("feature=billing");
    expect(opened?.data.changes[0]).toMatchObject({ change_id: "c-billing", rollback_ref: "run 7" });
    expect(bodies(scene).at(-1)?.type).toBe("incident.resolved");
  });

  it("leaves a record of each delivery with the hash of its body", async () => {
    const deliveries = await scene.said("deliveries");
    for (const { id, bodySha256 } of scene.receiver.received)
      expect(deliveries).toContainEqual(
        expect.objectContaining({ notification_id: id, status: "delivered", body_sha256: bodySha256 }),
      );
  });

  it("is counted", () => {
    expect(metrics).toMatch(/^earshot_alert_transitions_total\{state="open",class="quality",severity="SEV\d"\} 1$/m);
    expect(metrics).toMatch(/^earshot_alert_attempts_total\{destination="hook",outcome="accepted"\} [1-9]/m);
    expect(metrics).toMatch(/^earshot_alert_rules_valid 1$/m);
    expect(metrics).toMatch(/^earshot_alert_snapshot_age_seconds\{partition="\d"\} \d/m);
  });

  it("leaves snapshots from which a successor goes on", async () => {
    const manifests = (await scene.said("alerter-state")).filter(({ chunk }) => chunk === -1);
    expect(manifests.length).toBeGreaterThan(0);
    const successor = await scene.start();
    await successor[Symbol.asyncDispose]();
    const restored =
      (await scene.logs())
        .at(-1)
        ?.split("\n")
        .filter((line) => line.includes('"restored"')) ?? [];
    expect(restored.some((line) => /"snapshotAt":\d+/.test(line))).toBe(true);
    await scene.check();
  });
});

describe("an alerter among people", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("takes their acts through any instance, keeps who did what, and sends again what they ask for", async () => {
    const first = await scene.start();
    await scene.caughtUp();
    await scene.play(storyLines(undefined, "12:00"));
    await scene.told("opened");
    const second = await scene.start();
    const api = await scene.api();
    expect((await ask(api, "/incidents", undefined, "wrong")).status).toBe(401);

    const listed = await eventually(async () => {
      const { json } = await ask(api, "/incidents?state=live");
      const [found] = json["incidents"] as readonly { readonly incident_id: string }[];
      return found ?? false;
    });
    const id = listed.incident_id;
    const acked = await ask(api, `/incidents/${id}/ack`, { reason: "on it" });
    expect(acked.status).toBe(200);
    expect(acked.json).toMatchObject({ state: "acknowledged", acked_by: "kim" });
    await scene.told("acknowledged");

    const opened = (await scene.incidents()).flatMap(notificationsOf)[0]?.id ?? "";
    const before = scene.receiver.received.length;
    expect((await ask(api, `/deliveries/${opened}/redeliver`, {})).status).toBe(202);
    await eventually(() => scene.receiver.received.slice(before).some((one) => one.id === opened), { within: 30_000 });

    await first[Symbol.asyncDispose]();
    const resolved = await ask(api, `/incidents/${id}/resolve`, { reason: "rolled back by hand" });
    expect([200, 202]).toContain(resolved.status);
    await scene.told("resolved");
    const learnt = { verdict: "confirmed", cause: "prompt", eval_cases: ["billing-1"] };
    expect((await ask(api, `/incidents/${id}/close`, {})).status).toBe(409);
    expect((await ask(api, `/incidents/${id}/postmortem`, learnt)).status).toBe(200);
    const closed = await ask(api, `/incidents/${id}/close`, {});
    expect(closed.json).toMatchObject({ state: "closed", verdict: "confirmed", closed_by: "kim" });
    const who = (closed.json["transitions"] as readonly { readonly actor: string | null }[]).map(({ actor }) => actor);
    expect(who.filter((actor) => actor === "kim")).toHaveLength(4);
    await second[Symbol.asyncDispose]();
    await scene.check();
  });
});

describe("a receiver that misbehaves", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("gets everything in the end, under one id and with one body", async () => {
    scene.receiver.next({ status: 500 });
    await scene.start();
    await scene.caughtUp();
    await scene.play(storyLines(undefined, "12:30"));
    await eventually(
      async () => {
        const deliveries = await scene.said("deliveries");
        expect(deliveries.filter(({ status }) => status === "delivered").map(({ kind }) => kind)).toContain("opened");
      },
      { within: 60_000 },
    );
    await scene.caughtUp();
    scene.receiver.next("reset", { status: 301, headers: { location: "http://169.254.169.254/" } });
    await scene.play(storyLines("12:30", "14:00"));
    await eventually(
      async () => {
        const deliveries = await scene.said("deliveries");
        expect(deliveries.filter(({ status }) => status === "delivered").map(({ kind }) => kind)).toContain("resolved");
      },
      { within: 60_000 },
    );
    await scene.check();
  });
});

describe("a receiver that does not answer", () => {
  it("delays no other, and hears all once it does", async () => {
    await using slow = await openReceiver();
    await using scene = await openScene({ second: slow });
    const answer = Promise.withResolvers<void>();
    slow.next({ status: 200, after: answer.promise });
    await scene.start();
    await scene.caughtUp();
    await scene.play(storyLines(undefined, "12:30"));
    await scene.told("opened");
    await scene.play(storyLines("12:30", "14:00"));
    await scene.told("resolved");
    expect(slow.received).toHaveLength(1);
    answer.resolve();
    await eventually(() => slow.received.some(({ body }) => body.startsWith('{"type":"incident.resolved"')), {
      within: 30_000,
    });
    const heard = new Map(slow.received.map(({ id, bodySha256 }) => [id, bodySha256]));
    for (const { id, bodySha256 } of slow.received) expect(bodySha256).toBe(heard.get(id));
    await scene.check();
  });
});

describe("an alerter that is told to stop while it tells", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it("hears the answer out and writes it down before another takes over, which repeats nothing", async () => {
    const answer = Promise.withResolvers<void>();
    scene.receiver.next({ status: 200, after: answer.promise });
    const first = await scene.start();
    await scene.caughtUp();
    await scene.start();
    await scene.play(storyLines(undefined, "12:00"));
    await eventually(() => scene.receiver.received.length > 0, { within: 60_000 });
    const stopped = first[Symbol.asyncDispose]();
    // Long enough for the other to take the partition over and send by itself, were it let.
    const since = Date.now();
    await eventually(() => Date.now() - since > 5000, { within: 10_000 });
    expect(scene.receiver.received).toHaveLength(1);
    answer.resolve();
    await stopped;
    await expect(first.ended).resolves.toBe(0);
    await scene.play(storyLines("12:00", "14:00"));
    await scene.told("resolved");
    const opened = scene.receiver.received.filter(({ id }) => id === scene.receiver.received[0]?.id);
    expect(opened).toHaveLength(1);
    await scene.check();
  });
});
