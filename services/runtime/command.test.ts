// Commands as a shell sees them: data on stdout, messages on stderr, exit codes, Ctrl-C, --help, --json.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type CommandContext, command, runCommand } from "./command.ts";
import { duration, secret } from "./config.ts";
import { AppError } from "./errors.ts";

const options = {
  dryRun: { flags: "--dry-run", help: "change nothing" },
  rate: { flags: "--rate <n>", help: "speed" },
  level: { flags: "--level <n>", help: "how much", default: "5" },
  set: { flags: "--set <pair...>", help: "settings" },
} as const;

type Context = CommandContext<object, typeof options>;

const acts: Readonly<Record<string, (context: Context) => number | Promise<void>>> = {
  table: ({ out }) =>
    out.table([
      { topic: "a", lag: 7 },
      { topic: "longer", lag: 12_000 },
    ]),
  nothing: ({ out }) => out.table([]),
  options: ({ out, options: given, args, settings, path }) =>
    out.write(JSON.stringify({ options: given, args, settings, path: path("x.jsonl") })),
  cure: () => {
    throw new AppError("missing_topic", "no topic x", { cure: "Run: npm run topics" });
  },
  bug: () => {
    throw new TypeError("null has no x");
  },
  part: ({ say }) => {
    say("2 bad lines");
    return 1;
  },
  cut: ({ stopping }) => stopping.throwIfAborted() ?? 0,
};

const demo = command({
  name: "demo",
  summary: "Shows what commands do.",
  arguments: [
    { name: "<act>", help: "what to do" },
    { name: "[more...]", help: "more" },
  ],
  settings: {
    gap: duration("EARSHOT_GAP", { default: "30m", help: "silence" }),
    key: secret("A_KEY", { optional: true, help: "a key" }),
  },
  options,
  tabular: true,
  run: async (context) => (await acts[context.args[0] ?? ""]?.(context)) ?? 0,
});

const runDemo = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stopping: AbortSignal = new AbortController().signal,
) => {
  const written = { stdout: "", stderr: "" };
  const code = await runCommand(demo, args, {
    env,
    stopping,
    stdout: async (text) => void (written.stdout += text),
    stderr: (text) => void (written.stderr += text),
  });
  return { code, ...written };
};

test("a table is aligned for people, numbers to the right", async () => {
  expect(await runDemo(["table"])).toEqual({
    stdout: "topic     lag\na           7\nlonger  12000\n",
    stderr: "",
    code: 0,
  });
  expect((await runDemo(["nothing"])).stdout).toBe("");
});

test("--json gives the same rows as JSON Lines", async () => {
  const { stdout } = await runDemo(["table", "--json"]);
  expect(stdout).toBe('{"topic":"a","lag":7}\n{"topic":"longer","lag":12000}\n');
});

test("options, arguments and settings are read; files are relative to where npm was called", async () => {
  const args = ["options", "one", "two", "--dry-run", "--rate", "7", "--set", "a=1", "b=2"];
  const { stdout } = await runDemo(args, { EARSHOT_GAP: "10m", INIT_CWD: "/home/someone" });
  expect(JSON.parse(stdout)).toEqual({
    options: { dryRun: true, rate: "7", level: "5", set: ["a=1", "b=2"] },
    args: ["options", "one", "two"],
    settings: { gap: 600_000 },
    path: "/home/someone/x.jsonl",
  });
  const without: unknown = JSON.parse((await runDemo(["options"])).stdout);
  expect(without).toMatchObject({ options: { dryRun: false, level: "5", set: [] }, settings: { gap: 1_800_000 } });
});

test("--help explains the command and the variables it reads, and exits 0", async () => {
  const { stdout, code } = await runDemo(["--help"]);
  expect(stdout).toContain("Shows what commands do.");
  expect(stdout).toMatch(/EARSHOT_GAP +silence \(default 30m\)/);
  expect(stdout).toMatch(/A_KEY +a key; or a file: …_FILE/);
  expect(code).toBe(0);
});

test.each([
  ["an unknown option", ["table", "--nonsense"], "unknown option '--nonsense'"],
  ["a missing argument", [], "missing required argument 'act'"],
])("%s is told on stderr, with exit 2", async (_, args, message) => {
  const { stdout, stderr, code } = await runDemo(args);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(code).toBe(2);
});

test("wrong settings exit 2, misspelt ones are warned about", async () => {
  const { stderr, code } = await runDemo(["table"], { EARSHOT_GAP: "soon" });
  expect(stderr).toContain('EARSHOT_GAP is "soon": expected a duration');
  expect(code).toBe(2);
  expect((await runDemo(["table"], { EARSHOT_GAPP: "1m" })).stderr).toContain("did you mean EARSHOT_GAP?");
});

test("a failure is told with message and cure, without a stack", async () => {
  const { stderr, code } = await runDemo(["cure"]);
  expect(stderr).toContain("no topic x\nRun: npm run topics");
  expect(stderr).not.toContain(" at ");
  expect(code).toBe(2);
});

test("a bug is told with its stack, with exit 1", async () => {
  const { stderr, code } = await runDemo(["bug"]);
  expect(stderr).toMatch(/null has no x[^]* at /);
  expect(code).toBe(1);
});

test("a command may end with an exit code of its own", async () => {
  expect(await runDemo(["part"])).toEqual({ stdout: "", stderr: "2 bad lines\n", code: 1 });
});

test("what Ctrl-C cut short exits 130, what heeded it ends well", async () => {
  const stopped = AbortSignal.abort(new Error("interrupted"));
  expect(await runDemo(["cut"], {}, stopped)).toEqual({ stdout: "", stderr: "", code: 130 });
  expect((await runDemo(["table"], {}, stopped)).code).toBe(0);
});

test("options have the types that their flags say", () => {
  expectTypeOf<Context["options"]>().toEqualTypeOf<{
    readonly dryRun: boolean;
    readonly rate: string | undefined;
    readonly level: string;
    readonly set: readonly string[];
  }>();
  expect(demo.options).toBe(options);
});

const start = (run: string) =>
  spawn(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { command, execute } from "#runtime/command.ts";
       await execute(command({ name: "demo", summary: "", settings: {}, options: {}, run: async ({ own, say, out, stopping }) => { ${run} } }), []);`,
    ],
    { cwd: fileURLToPath(new URL("../../", import.meta.url)), stdio: ["ignore", "pipe", "pipe"] },
  );

describe.concurrent("a process", () => {
  test("closes what it opened on Ctrl-C and exits as shells expect", async () => {
    const child = start(`
      own({ [Symbol.dispose]: () => say("closed") });
      setInterval(() => {}, 1000);
      say("waiting");
      await new Promise((_, reject) => stopping.addEventListener("abort", () => reject(stopping.reason)));`);
    await once(child.stderr, "data");
    child.kill("SIGINT");
    const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, "exit") as Promise<[number]>]);
    expect(said).toBe("closed\n");
    expect(code).toBe(130);
  });

  test("ends quietly when its reader has seen enough", async () => {
    const child = start('for (;;) await out.write("line\\n".repeat(1000));');
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, "exit") as Promise<[number]>]);
    expect(said).toBe("");
    expect(code).toBe(0);
  });
});
