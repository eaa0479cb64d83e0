// npm run replay as a person calls it: settings by name, bytes as text, bad lines named.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "#runtime/command.ts";
import type { SignalRecord, TallyRecord } from "#schemas/generated/records.ts";
import { replay } from "./replay.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

const at = Date.UTC(2026, 0, 5, 10);
const base = { tenant: "acme", session_id: "s", user_id_hash: "u" };
const log = [
  { ...base, event_id: "p1", type: "prompt", ts: at, text: "How do I freeze my card?" },
  {
    ...base,
    event_id: "r1",
    type: "response",
    ts: at + 5_000,
    response_id: "r1",
    label: "ok",
    value: 5_000,
    text: "Open the app.",
  },
  { ...base, event_id: "p2", type: "prompt", ts: at + 20_000, text: "How do I freeze my card?" },
  {
    ...base,
    event_id: "r2",
    type: "response",
    ts: at + 25_000,
    response_id: "r2",
    label: "ok",
    value: 5_000,
    text: "Open the app.",
  },
];

const lines = <T>(path: string): T[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);

const file = (name: string): string => join(folder, name);

const run = async (input: readonly string[], ...options: readonly string[]) => {
  writeFileSync(file("in.jsonl"), input.map((line) => `${line}\n`).join(""));
  const files = [
    "--in",
    file("in.jsonl"),
    "--out",
    file("out.jsonl"),
    "--tallies",
    file("tallies.jsonl"),
    "--rejects",
    file("rejects.jsonl"),
  ];
  await runCommand(replay, [...files, "--flush", "--final", ...options], {
    env: {},
    stopping: new AbortController().signal,
    stdout: async () => undefined,
    stderr: () => undefined,
  });
  return {
    signals: lines<SignalRecord>(file("out.jsonl")),
    tallies: lines<TallyRecord & { users: string | null }>(file("tallies.jsonl")),
    rejects: lines<{ key: string; reason: string }>(file("rejects.jsonl")),
  };
};

const logLines = log.map((event) => JSON.stringify(event));
const frictionOf = (signals: readonly SignalRecord[]): string =>
  signals.find(({ event_type }) => event_type === "implicit:abandonment")?.event_value ?? "";

it("takes another setting by either spelling of its name", async () => {
  const plain = await run(logLines);
  expect(frictionOf(plain.signals)).not.toContain('"slow"');
  for (const spelling of ["slow_response=1s", "slowResponse=1s"]) {
    const { signals } = await run(logLines, "--set", spelling);
    expect(frictionOf(signals), spelling).toContain('"slow"');
  }
});

it.each([
  ["gap=soon", "--set gap=soon: expected a duration such as 30m"],
  ["unreported=foo", "--set unreported=foo: expected type@feature/app_version by comma"],
])("says what it expects instead of %s", async (change, message) => {
  writeFileSync(file("in.jsonl"), "");
  const said: string[] = [];
  const code = await runCommand(replay, ["--in", file("in.jsonl"), "--out", file("out.jsonl"), "--set", change], {
    env: {},
    stopping: new AbortController().signal,
    stdout: async () => undefined,
    stderr: (text) => void said.push(text),
  });
  expect(code).toBe(2);
  expect(said.join("")).toContain(message);
});

it("writes user sketches and keys as base64", async () => {
  const { tallies, rejects } = await run([...logLines, JSON.stringify({ ...log[0], event_id: "", key: "k" })]);
  const harmed = tallies.find(({ signal_type, fired }) => signal_type === "implicit:repeat-ask" && fired === 1);
  expect(Buffer.from(harmed?.users ?? "", "base64")).toHaveLength(10);
  expect(rejects).toMatchObject([{ key: Buffer.from("k").toString("base64"), reason: "missing_field" }]);
});
