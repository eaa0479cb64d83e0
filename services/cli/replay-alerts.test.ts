// npm run replay -- --alerts as a person calls it: what it refuses, names and counts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "#runtime/command.ts";
import { type IncidentRecord, incidentFields } from "#schemas/generated/records.ts";
import { transitionLine } from "./alerts/transition.ts";
import { replay } from "./replay.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-replay-alerts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, ...lines: readonly unknown[]): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  return path;
};

const run = async (...argv: readonly string[]) => {
  const said: string[] = [];
  const out = join(folder, "out.jsonl");
  const code = await runCommand(replay, ["--alerts", "--out", out, ...argv], {
    env: {},
    stopping: new AbortController().signal,
    stdout: async () => undefined,
    stderr: (text) => void said.push(text),
  });
  return { code, said: said.join(""), out: () => readFileSync(out, "utf8") };
};

const tally = {
  minute: "2026-03-01T10:00:00Z",
  tenant: "acme",
  signal_type: "explicit:negative",
  feature: "billing",
  trials: 20,
  fired: 1,
  users: 1,
};

it("counts lines and tallies, and tells the speed with and without parsing", async () => {
  const { code, said, out } = await run("--in", file("in.jsonl", tally, { ...tally, feature: "search" }, ""));
  expect(code).toBe(0);
  expect(said).toMatch(/^3 lines with 2 tallies in [\d.]+ s: [\d,]+ tallies\/s with parsing, [\d,]+\/s in the fold$/m);
  expect(said).toContain("incidents: none");
  expect(out()).toBe("");
});

it("names bad lines, leaves them out and exits 1", async () => {
  const input = file("bad.jsonl", tally, "{", { ...tally, minute: "soon" }, { ...tally, feture: "x" });
  const { code, said } = await run("--in", input);
  expect(code).toBe(1);
  expect(said).toMatch(/^line 2: not JSON$/m);
  expect(said).toMatch(/^line 3: minute: /m);
  expect(said).toMatch(/^line 4: feture: no such field$/m);
  expect(said).toContain("3 bad lines left out");
});

it("refuses changes and rules with mistakes, all of them, before it reads a tally", async () => {
  const changes = file("changes.jsonl", { change_id: "c" }, "x");
  const wrongChanges = await run("--in", file("ok.jsonl", tally), "--changes", changes);
  expect(wrongChanges).toMatchObject({ code: 2 });
  expect(wrongChanges.said).toMatch(/line 1: ts: missing[\s\S]*line 2: not JSON/);
  const rules = file("rules.yaml", "rules: [{name: a, sensitivity: 0}]");
  const wrongRules = await run("--in", file("ok.jsonl", tally), "--rules", rules);
  expect(wrongRules).toMatchObject({
    code: 2,
    said: expect.stringContaining("rules.yaml:1: rules[0].sensitivity is 0"),
  });
});

it.each(["--tallies x", "--flush", "--final", "--set gap=1m", "--partitions 2"])(
  "refuses %s, which is for interactions",
  async (option) => {
    expect(await run("--in", file("ok.jsonl", tally), ...option.split(" "))).toMatchObject({
      code: 2,
      said: expect.stringContaining(`${option.split(" ")[0]} goes without --alerts`),
    });
  },
);

it("writes a transition in the order of its schema, lists as lists and times as epoch ms", () => {
  const record = Object.fromEntries(incidentFields.map((field) => [field, null])) as unknown as IncidentRecord;
  const changes = [{ change_id: "c1", score: 0.8 }];
  const line = transitionLine({ ...record, ts: 5, markers: '["sudden"]', changes: JSON.stringify(changes) });
  expect(Object.keys(line)).toEqual(incidentFields);
  expect(line).toMatchObject({ ts: 5, markers: ["sudden"], changes, causes: [], postmortem: null, rate: null });
});
