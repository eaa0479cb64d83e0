// Creating, verifying and re-creating topics on the in-process broker.
import { expect, test } from "vitest";
import type { Admin } from "#adapters/broker-port.ts";
import { memoryBroker } from "#adapters/memory/broker.ts";
import { runCommand } from "#runtime/command.ts";
import { topics } from "./topics.ts";

let runs = 0;

/** A broker of one's own, and the command against it. */
const setUp = async () => {
  const name = `topics-${++runs}`;
  const admin = await memoryBroker(name).connect().admin();
  const run = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const [rows, said]: [string[], string[]] = [[], []];
    const code = await runCommand(topics, ["--json", ...args], {
      env: { KAFKA_BROKERS: `memory://${name}`, ...env },
      stopping: new AbortController().signal,
      stdout: async (text) => void rows.push(...text.trimEnd().split("\n")),
      stderr: (text) => void said.push(text),
    });
    const states = rows.filter((row) => row !== "").map((row) => JSON.parse(row) as { topic: string; state: string });
    return { code, said: said.join(""), states: new Set(states.map(({ state }) => state)), rows: states };
  };
  return { admin, run };
};

const landed = (admin: Admin, incarnation: number): Promise<void> =>
  admin.setCommitted(
    "earshot.lander",
    { topic: "earshot.signals", partition: 2 },
    0,
    JSON.stringify({ v: 1, inc: incarnation }),
  );

test("creates what the table lists, and a second time finds it as it should be", async () => {
  const { admin, run } = await setUp();
  const first = await run();
  expect(first.code).toBe(0);
  expect(first.states).toEqual(new Set(["created"]));
  expect((await admin.topics()).get("earshot.interactions")).toBe(8);
  expect((await admin.topics()).get("earshot.rejects")).toBe(1);
  expect((await run()).states).toEqual(new Set(["as it should be"]));
});

test("--dry-run says what would be done and does nothing", async () => {
  const { admin, run } = await setUp();
  expect((await run(["--dry-run"])).states).toEqual(new Set(["would be created"]));
  expect((await admin.topics()).size).toBe(0);
  await run();
  expect((await run(["--dry-run"])).states).toEqual(new Set(["is as it should be"]));
  expect((await run(["--dry-run", "--recreate"])).states).toEqual(new Set(["would be recreated"]));
});

test("a topic that differs from the table is named, with the cure, and nothing is changed", async () => {
  const { run } = await setUp();
  await run([], { EARSHOT_PARTITIONS: "4" });
  const { code, said } = await run();
  expect(code).toBe(2);
  expect(said).toContain("topic earshot.interactions has 4 partitions, not 8");
  expect(said).toContain("EARSHOT_PARTITIONS");
});

test("--recreate empties the topics and tells the incarnation to use from now on", async () => {
  const { admin, run } = await setUp();
  await run();
  await landed(admin, 3);
  const { code, states, said } = await run(["--recreate"], { EARSHOT_INCARNATION: "4" });
  expect(code).toBe(0);
  expect(states).toEqual(new Set(["recreated"]));
  expect(said).toContain("EARSHOT_INCARNATION=4");
  expect((await admin.committed("earshot.lander", "earshot.signals")).get(2)?.offset).toBeNull();
});

test("--recreate is refused while the incarnation is not raised: old tokens would swallow new rows", async () => {
  const { admin, run } = await setUp();
  await run();
  await landed(admin, 3);
  const { code, said } = await run(["--recreate"], { EARSHOT_INCARNATION: "3" });
  expect(code).toBe(2);
  expect(said).toContain("EARSHOT_INCARNATION=4 npm run topics -- --recreate");
  expect((await admin.committed("earshot.lander", "earshot.signals")).get(2)?.offset).toBe(0);
});
