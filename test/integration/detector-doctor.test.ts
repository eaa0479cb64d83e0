// The doctor on real systems: what it finds before anything is set up, while all is well, and when something is not.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Finding } from "#cli/doctor/finding.ts";
import { doctor } from "#cli/doctor.ts";
import { runCommand as runProcess } from "#infra/dev/processes.ts";
import { runCommand } from "#runtime/command.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { prompt } from "#test/helpers/timeline.ts";
import { openScene, type Scene, traffic } from "./detector-scene.ts";

const examine = async (env: Readonly<Record<string, string>>) => {
  const rows: string[] = [];
  const code = await runCommand(doctor, ["--json", "--wait", "500ms"], {
    env,
    stopping: new AbortController().signal,
    stdout: async (text) => void rows.push(...text.trimEnd().split("\n")),
    stderr: () => undefined,
  });
  const findings = new Map(
    rows.map((row) => {
      const finding = JSON.parse(row) as Finding;
      return [finding.check, finding];
    }),
  );
  return { code, findings };
};

const wrongIn = (findings: ReadonlyMap<string, Finding>): readonly string[] =>
  [...findings.values()].filter(({ state }) => state === "wrong").map(({ check }) => check);

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

it("says what is missing and which command makes it", async () => {
  const { code, findings } = await examine({ ...scene.env, EARSHOT_TOPIC_PREFIX: "nothing-here." });
  expect(code).toBe(1);
  expect(findings.get("topics")).toMatchObject({ state: "wrong", cure: expect.stringContaining("npm run topics") });
  expect(findings.get("schemas")).toMatchObject({ state: "wrong", cure: "npm run schemas" });
  expect(findings.get("clickhouse")).toMatchObject({
    state: "wrong",
    cure: expect.stringContaining("npm run migrate"),
  });
});

it("names what does not answer", async () => {
  const away = {
    KAFKA_BROKERS: "127.0.0.1:9",
    SCHEMA_REGISTRY_URL: "http://127.0.0.1:9",
    CLICKHOUSE_URL: "http://127.0.0.1:9",
  };
  const { code, findings } = await examine({ ...scene.env, ...away });
  expect(code).toBe(1);
  expect(wrongIn(findings)).toEqual(["kafka", "registry", "clickhouse"]);
});

it("finds all well while everything runs, and afterwards what was stopped or is not sent", {
  timeout: 180_000,
}, async () => {
  await runProcess("migrate", [], scene.env);
  const ticking = { EARSHOT_TICK_INTERVAL: "200ms", EARSHOT_IDLE: "1s", EARSHOT_LATENESS: "1s" };
  const [detector, lander] = await Promise.all(["detector", "lander"].map((name) => scene.start(ticking, name)));
  // History first: ticks before it would move the clock past it, and all of it would be late.
  await scene.publish(traffic(9, 60));
  const ticker = await scene.start(ticking, "ticker");
  await eventually(
    async () => {
      const { code, findings } = await examine(scene.env);
      expect(wrongIn(findings)).toEqual([]);
      expect(code).toBe(0);
    },
    { within: 40_000 },
  );

  await detector?.[Symbol.asyncDispose]();
  const now = Date.now();
  const turns = Array.from({ length: 60 }, (_, index) =>
    prompt("0s", `question ${index}`, { event_id: `q${index}`, ts: now, tenant: "mute", session_id: `m${index % 10}` }),
  );
  await scene.publish(turns);
  const stopped = await examine({ ...scene.env });
  expect(wrongIn(stopped.findings)).toEqual(["detector runs"]);

  const again = await scene.start(ticking);
  await eventually(
    async () => {
      const { findings } = await examine(scene.env);
      expect(findings.get("teams send responses")?.evidence).toContain("mute (");
    },
    // Tallies are written when the watermark enters a new minute.
    { within: 75_000 },
  );
  for (const one of [ticker, again, lander]) await one?.[Symbol.asyncDispose]();
});
