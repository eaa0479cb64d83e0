// The whole alerter on the in-process broker: incidents opened and resolved once, whoever does it; people's acts; readiness.
import { hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { HealthReport } from "#runtime/health.ts";
import { type Logger, silentLogger } from "#runtime/logger.ts";
import { type RunningService, startService } from "#runtime/service.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { alerterWith } from "./service.ts";
import { testFolds } from "./test-fold.ts";
import { minute, openWorld, tally } from "./test-world.ts";

const token = "earshot_test";

interface Alerter extends RunningService {
  readonly api: string;
}

const openScene = async (name: string) => {
  await using opening = new AsyncDisposableStack();
  const world = opening.use(await openWorld(`alerter-${name}`));
  const folder = mkdtempSync(join(tmpdir(), "earshot-alerter-"));
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = (called: string, text: string): string => {
    writeFileSync(join(folder, called), text);
    return join(folder, called);
  };
  const entry = { sha256: hash("sha256", token, "hex"), actor: "kim", tenants: ["acme"], scopes: ["read", "act"] };
  const tokens = file("tokens", JSON.stringify(entry));
  const resumed: number[] = [];
  const opened = opening.move();

  return {
    world,
    resumed,
    file,
    states: async (): Promise<readonly string[]> =>
      (await world.said("incidents")).map(({ tenant, rev, state }) => `${tenant} ${rev} ${state}`),
    async start(over: Readonly<Record<string, string>> = {}): Promise<Alerter> {
      let port = 0;
      const log: Logger = {
        ...silentLogger,
        info: (fields: object | string, message?: string) => {
          if (message === "api listening") ({ port } = fields as { port: number });
        },
        warn: () => undefined,
        error: () => undefined,
        debug: () => undefined,
        child: () => log,
      };
      const env = {
        KAFKA_BROKERS: `memory://alerter-${name}`,
        SCHEMA_REGISTRY_URL: "memory://schemas",
        EARSHOT_PARTITIONS: "1",
        EARSHOT_ALERT_FOLLOW_INTERVAL: "50ms",
        EARSHOT_ALERT_RULES_INTERVAL: "100ms",
        EARSHOT_ALERT_TOKENS: tokens,
        ...over,
      };
      const running = opened.use(await startService(alerterWith(testFolds(resumed)), { env, log }));
      return Object.assign(running, { api: `http://127.0.0.1:${port}` });
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};

const ask = async ({ api }: Alerter, path: string, body?: object) => {
  const answer = await fetch(`${api}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
};

it("opens and resolves an incident once, also when another alerter goes on", async () => {
  await using scene = await openScene("goes-on");
  const { world, states } = scene;
  const first = await scene.start();
  await world.publish([tally({ minute }), tally({ minute: 2 * minute, fired: 9 })]);
  await eventually(async () => expect(await states()).toEqual(["acme 1 open"]));
  await first[Symbol.asyncDispose]();

  await scene.start();
  await world.publish([tally({ minute: 3 * minute, fired: 0 })]);
  await eventually(async () => expect(await states()).toEqual(["acme 1 open", "acme 2 resolved"]));
});

it("goes on from a snapshot, and folds what came since in silence", async () => {
  await using scene = await openScene("snapshot");
  const { world, states } = scene;
  const first = await scene.start({ EARSHOT_ALERT_SNAPSHOT_INTERVAL: "1s" });
  await world.publish([tally({ minute, fired: 9 })]);
  await eventually(async () => {
    await world.publish([tally({ minute: 2 * minute })]);
    expect((await world.said("alerter-state")).some(({ chunk }) => chunk === -1)).toBe(true);
  });
  await first[Symbol.asyncDispose]();

  await scene.start();
  await world.publish([tally({ minute: 9 * minute, fired: 0 })]);
  await eventually(async () => expect(await states()).toEqual(["acme 1 open", "acme 2 resolved"]));
  expect(scene.resumed[0]).toBeGreaterThan(0);
});

it("does what a person asks for, and answers with the incident after it", async () => {
  await using scene = await openScene("acts");
  const { world, states } = scene;
  const alerter = await scene.start();
  await world.publish([tally({ minute, fired: 9 })]);
  await eventually(async () => expect(await states()).toEqual(["acme 1 open"]));
  const { body: listed } = await ask(alerter, "/incidents?state=live");
  const [{ incident_id: id = "" } = {}] = listed["incidents"] as readonly { readonly incident_id?: string }[];

  const { status, body } = await ask(alerter, `/incidents/${id}/ack`, {});
  expect(status).toBe(200);
  expect(body).toMatchObject({ state: "acknowledged", acked_by: "kim", actor: "kim" });
  expect(await states()).toEqual(["acme 1 open", "acme 2 acknowledged"]);
});

it("answers an act for a partition that another alerter holds", async () => {
  await using scene = await openScene("two");
  const { world, states } = scene;
  const alerters = [await scene.start(), await scene.start()];
  await world.publish([tally({ minute, fired: 9 })]);
  await eventually(async () => expect(await states()).toEqual(["acme 1 open"]));
  for (const alerter of alerters)
    await eventually(async () => expect((await ask(alerter, "/incidents")).body["incidents"]).toHaveLength(1));
  const id = (await world.said("incidents"))[0]?.incident_id ?? "";
  const answers: number[] = [];
  for (const alerter of alerters) answers.push((await ask(alerter, `/incidents/${id}/postmortem`, {})).status);
  expect(answers).toEqual([200, 200]);
});

it("brings other rules into force by a record in every partition's log, and keeps the old ones when the file is bad", async () => {
  await using scene = await openScene("rules");
  const rules = scene.file("alerts.yaml", "rules:\n  - name: one\n    sensitivity: 2\n");
  const alerter = await scene.start({ EARSHOT_ALERT_RULES: rules });
  const activated = async (): Promise<readonly string[]> =>
    (await scene.world.said("tallies")).map(({ control }) => (JSON.parse(control ?? "{}") as { kind: string }).kind);
  await eventually(async () => expect(await activated()).toEqual(["rules", "rules", "rules", "rules"]));

  scene.file("alerts.yaml", "rules:\n  - nonsense\n");
  await eventually(async () => expect(await alerter.metrics.render()).toMatch(/^earshot_alert_rules_valid 0$/m));
  scene.file("alerts.yaml", "rules:\n  - name: one\n    sensitivity: 4\n");
  await eventually(async () => expect(await activated()).toHaveLength(8));
  expect(await alerter.metrics.render()).toMatch(/^earshot_alert_rules_valid 1$/m);
});

it("is not ready while the broker is away, and says so", async () => {
  await using scene = await openScene("away");
  const running = await scene.start();
  const ready = async (): Promise<HealthReport> =>
    (await (await fetch(`http://127.0.0.1:${running.port}/readyz`)).json()) as HealthReport;
  await eventually(async () => expect((await ready()).ok).toBe(true));
  scene.world.twin.faults.goAway();
  await eventually(async () =>
    expect((await ready()).checks.filter(({ ok }) => !ok).map(({ name }) => name)).toContain("broker"),
  );
  scene.world.twin.faults.comeBack();
  await eventually(async () => expect((await ready()).ok).toBe(true));
});
