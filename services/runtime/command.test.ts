// Commands as a shell sees them: data on stdout, messages on stderr, exit codes, Ctrl-C, --help, --json.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type CommandContext, command } from "./command.ts";

const program = `
  import { command, execute } from "#runtime/command.ts";
  import { secret, duration } from "#runtime/config.ts";
  import { AppError } from "#runtime/errors.ts";
  const acts = {
    table: ({ out }) => out.table([{ topic: "a", lag: 7 }, { topic: "longer", lag: 12000 }]),
    options: ({ out, options, args, settings, path }) => out.write(JSON.stringify({ options, args, settings, path: path("x.jsonl") })),
    cure: () => { throw new AppError("missing_topic", "no topic x", { cure: "Run: npm run topics" }); },
    bug: () => null.x,
    part: ({ say }) => { say("2 bad lines"); return 1; },
    wait: async ({ stopping, own, say }) => {
      own({ [Symbol.dispose]: () => say("closed") });
      setInterval(() => {}, 1000);
      say("waiting");
      await new Promise((resolve, reject) => stopping.addEventListener("abort", () => reject(stopping.reason)));
    },
    long: async ({ out }) => { for (;;) await out.write("line\\n".repeat(1000)); },
  };
  await execute(command({
    name: "demo",
    summary: "Shows what commands do.",
    arguments: [{ name: "<act>", help: "what to do" }, { name: "[more...]", help: "more" }],
    settings: { gap: duration("EARSHOT_GAP", { default: "30m", help: "silence" }), key: secret("A_KEY", { optional: true, help: "a key" }) },
    options: { dryRun: { flags: "--dry-run", help: "change nothing" }, rate: { flags: "--rate <n>", help: "speed", default: "5" }, set: { flags: "--set <pair...>", help: "settings" } },
    tabular: true,
    run: (context) => acts[context.args[0]](context),
  }), process.argv.slice(1));`;

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawn(process.execPath, ["--input-type=module", "--eval", program, "--", ...args], {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });

const runDemo = async (args: readonly string[], env?: Readonly<Record<string, string>>) => {
  const child = start(args, env);
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, "exit") as Promise<[number]>,
  ]);
  return { stdout, stderr, code };
};

describe.concurrent("a command", () => {
  test("prints a table for people, numbers to the right", async () => {
    const { stdout, code } = await runDemo(["table"]);
    expect(stdout.split("\n")).toEqual(["topic     lag", "a           7", "longer  12000", ""]);
    expect(code).toBe(0);
  });

  test("prints the same rows as JSON Lines under --json", async () => {
    const { stdout } = await runDemo(["table", "--json"]);
    expect(stdout).toBe('{"topic":"a","lag":7}\n{"topic":"longer","lag":12000}\n');
  });

  test("reads options, arguments and settings; files are relative to where npm was called", async () => {
    const args = ["options", "one", "two", "--dry-run", "--set", "a=1", "b=2"];
    const { stdout } = await runDemo(args, { EARSHOT_GAP: "10m", INIT_CWD: "/home/someone" });
    expect(JSON.parse(stdout)).toEqual({
      options: { dryRun: true, rate: "5", set: ["a=1", "b=2"] },
      args: ["options", "one", "two"],
      settings: { gap: 600_000 },
      path: "/home/someone/x.jsonl",
    });
    expect(JSON.parse((await runDemo(["options"])).stdout)).toMatchObject({ options: { dryRun: false, set: [] } });
  });

  test("explains itself and the variables it reads, and exits 0", async () => {
    const { stdout, code } = await runDemo(["--help"]);
    expect(stdout).toContain("Shows what commands do.");
    expect(stdout).toMatch(/EARSHOT_GAP +silence \(default 30m\)/);
    expect(stdout).toMatch(/A_KEY +a key; or a file: …_FILE/);
    expect(code).toBe(0);
  });

  test.each([
    ["an unknown option", ["table", "--nonsense"], "unknown option '--nonsense'"],
    ["a missing argument", [], "missing required argument 'act'"],
  ])("with %s says so on stderr and exits 2", async (_, args, message) => {
    const { stdout, stderr, code } = await runDemo(args);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("with wrong settings exits 2, and warns about misspelt ones", async () => {
    const { stderr, code } = await runDemo(["table"], { EARSHOT_GAP: "soon" });
    expect(stderr).toContain('EARSHOT_GAP is "soon": expected a duration');
    expect(code).toBe(2);
    expect((await runDemo(["table"], { EARSHOT_GAPP: "1m" })).stderr).toContain("did you mean EARSHOT_GAP?");
  });

  test("that fails tells message and cure, without a stack", async () => {
    const { stderr, code } = await runDemo(["cure"]);
    expect(stderr).toBe("no topic x\nRun: npm run topics\n");
    expect(code).toBe(2);
  });

  test("with a bug tells the stack and exits 1", async () => {
    const { stderr, code } = await runDemo(["bug"]);
    expect(stderr).toMatch(/Cannot read properties of null[^]*at /);
    expect(code).toBe(1);
  });

  test("may end with an exit code of its own", async () => {
    expect(await runDemo(["part"])).toEqual({ stdout: "", stderr: "2 bad lines\n", code: 1 });
  });

  test("closes what it opened on Ctrl-C and exits as shells expect", async () => {
    const child = start(["wait"]);
    await once(child.stderr, "data");
    child.kill("SIGINT");
    const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, "exit") as Promise<[number]>]);
    expect(said).toBe("closed\n");
    expect(code).toBe(130);
  });

  test("ends quietly when its reader has seen enough", async () => {
    const child = start(["long"]);
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, "exit") as Promise<[number]>]);
    expect(said).toBe("");
    expect(code).toBe(0);
  });
});

test("options have the types that their flags say", () => {
  const options = {
    dryRun: { flags: "--dry-run", help: "" },
    rate: { flags: "--rate <n>", help: "" },
    set: { flags: "--set <pair...>", help: "" },
    level: { flags: "--level <n>", help: "", default: "1" },
  } as const;
  expectTypeOf<CommandContext<object, typeof options>["options"]>().toEqualTypeOf<{
    readonly dryRun: boolean;
    readonly rate: string | undefined;
    readonly set: readonly string[];
    readonly level: string;
  }>();
  expect(command({ name: "x", summary: "", settings: {}, options, run: async () => 0 }).options).toBe(options);
});
