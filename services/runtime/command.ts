// A command of the CLI: `command` describes it, `execute` runs it. Data on stdout, messages on stderr, exit 0, 1 or 2.
import { resolve } from "node:path";
import { Argument, Command as Commander, CommanderError, Option } from "commander";
import pc from "picocolors";
import { choice, type Env, loadSettings, type SettingsDefinition, type SettingsOf } from "./config.ts";
import { AppError, describeError, exitCodeOf, toError } from "./errors.ts";
import { unknownVariables } from "./known-variables.ts";
import { createLogger, type Logger, logLevels } from "./logger.ts";
import { createOutput, type Output } from "./output.ts";

interface CommandOption {
  /** As commander has them: `--dry-run`, `--rate <events/s>`, `--set <name=value...>`. */
  readonly flags: string;
  readonly help: string;
  readonly default?: string;
}

type Options = Readonly<Record<string, CommandOption>>;

/** A switch is a boolean, `<value>` a string, `<value...>` a list of them. */
type OptionValue<O extends CommandOption> = O["flags"] extends `${string}...>`
  ? readonly string[]
  : O["flags"] extends `${string}<${string}`
    ? O extends { readonly default: string }
      ? string
      : string | undefined
    : boolean;

export interface CommandContext<S, O extends Options> {
  readonly settings: S;
  readonly options: { readonly [K in keyof O]: OptionValue<O[K]> };
  /** Positional arguments in the order of the description; those left out are absent. */
  readonly args: readonly string[];
  readonly own: <T extends Disposable | AsyncDisposable>(thing: T) => T;
  /** For adapters: JSON lines on stderr, warnings and worse unless EARSHOT_LOG_LEVEL says otherwise. */
  readonly log: Logger;
  /** A message for the person, on stderr. */
  readonly say: (message: string) => void;
  readonly out: Output;
  /** Relative to where the person called npm, not to the package. */
  readonly path: (file: string) => string;
  /** For variables whose names the person chose; all others are settings. */
  readonly env: Env;
  readonly stopping: AbortSignal;
}

export interface Command<D extends SettingsDefinition = SettingsDefinition, O extends Options = Options> {
  readonly name: string;
  readonly summary: string;
  /** `<required>`, `[optional]`, `[many...]` with a help text each. */
  readonly arguments?: readonly { readonly name: string; readonly help: string }[];
  readonly settings: D;
  readonly options: O;
  /** Adds --json. */
  readonly tabular?: boolean;
  /** Ends with the exit code; nothing: 0. */
  readonly run: (context: CommandContext<SettingsOf<D>, O>) => Promise<number | undefined | void>;
}

export const command = <const D extends SettingsDefinition, const O extends Options>(
  description: Command<D, O>,
): Command<D, O> => description;

const commandLogSettings = {
  logLevel: choice("EARSHOT_LOG_LEVEL", logLevels, { default: "warn", help: "least level that is logged" }),
};

/** The variables that a command or service reads, as the end of its help. */
export const environmentHelp = (settings: SettingsDefinition): string => {
  const read = Object.values(settings);
  const width = Math.max(...read.map((one) => one.variable.length));
  const lines = read.map((one) => {
    const ending = one.required ? " (required)" : one.default === undefined ? "" : ` (default ${one.default || '""'})`;
    return `  ${one.variable.padEnd(width)}  ${one.help}${one.kind === "secret" ? "; or a file: …_FILE" : ""}${ending}`;
  });
  return `\nEnvironment:\n${lines.join("\n")}\n`;
};

/** commander's view of a description; parsing errors come back as exceptions, not exits. */
const parserFor = (description: Command, { stdout, stderr }: CommandIo): Commander => {
  const parser = new Commander(description.name)
    .description(description.summary)
    .configureOutput({ writeOut: (text) => void stdout(text), writeErr: stderr })
    .showHelpAfterError("(--help shows what is possible)")
    .exitOverride()
    .addHelpText("after", environmentHelp({ ...description.settings, ...commandLogSettings }));
  for (const { name, help } of description.arguments ?? []) parser.addArgument(new Argument(name, help));
  for (const option of Object.values(description.options)) {
    const added = new Option(option.flags, option.help);
    parser.addOption(option.default === undefined ? added : added.default(option.default));
  }
  if (description.tabular === true) parser.addOption(new Option("--json", "JSON Lines instead of a table"));
  return parser;
};

/** Values under the description's own names; switches false and lists empty when not given. */
const readOptions = <O extends Options>(options: O, given: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(options).map(([name, { flags, help }]) => {
      const option = new Option(flags, help);
      const absent = option.variadic ? [] : option.isBoolean() ? false : undefined;
      return [name, given[option.attributeName()] ?? absent];
    }),
  ) as CommandContext<unknown, O>["options"];

/** The world of a command; tests hand in their own. */
export interface CommandIo {
  readonly env: Env;
  readonly stopping: AbortSignal;
  /** Resolves when stdout has taken it: awaiting keeps a slow pipe from filling the memory. */
  readonly stdout: (text: string) => Promise<void>;
  readonly stderr: (text: string) => void;
}

const perform = async (description: Command, argv: readonly string[], io: CommandIo): Promise<number> => {
  const { env, stopping, stdout, stderr } = io;
  const parser = parserFor(description, io);
  parser.parse(argv, { from: "user" });
  const { logLevel } = loadSettings(commandLogSettings, env);
  const settings = loadSettings(description.settings, env);
  const say = (message: string): void => stderr(`${message}\n`);
  for (const warning of unknownVariables(env)) say(pc.yellow(warning));

  await using stack = new AsyncDisposableStack();
  const code = await description.run({
    settings,
    options: readOptions(description.options, parser.opts()),
    args: parser.args,
    own: (thing) => stack.use(thing),
    log: createLogger({ name: description.name, level: logLevel, to: "stderr" }),
    say,
    out: createOutput(stdout, parser.opts()["json"] === true),
    path: (file) => resolve(env["INIT_CWD"] ?? process.cwd(), file),
    env,
    stopping,
  });
  return code ?? 0;
};

/** Runs a command to its exit code; what it throws becomes a message and a code. */
export const runCommand = async <D extends SettingsDefinition, O extends Options>(
  description: Command<D, O>,
  argv: readonly string[],
  io: CommandIo,
): Promise<number> => {
  try {
    return await perform(description as unknown as Command, argv, io);
  } catch (thrown) {
    // commander has said what is wrong; help is an exception too, with code 0.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    // Cut short by Ctrl-C: as shells expect.
    if (io.stopping.aborted) return 130;
    const error = toError(thrown);
    io.stderr(`${pc.red(describeError(error))}\n`);
    // Anything but our own error is a bug: the stack says where.
    if (!(error instanceof AppError)) io.stderr(`${error.stack ?? ""}\n`);
    return exitCodeOf(error);
  }
};

/**
 * Runs a command as this process and exits. Ctrl-C aborts `stopping` and lets the command close what it opened: one that returns
 * then has ended well, one that throws was cut short. A second Ctrl-C exits at once. A reader that has seen enough (`| head`)
 * ends it quietly.
 */
export const execute = async <D extends SettingsDefinition, O extends Options>(
  description: Command<D, O>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<never> => {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort(new Error("interrupted"));
    });
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  const code = await runCommand(description, argv, {
    env: process.env,
    stopping: stop.signal,
    stdout: (text) =>
      new Promise((done, failed) => {
        process.stdout.write(text, (error) => (error ? failed(error) : done()));
      }),
    stderr: (text) => void process.stderr.write(text),
  });
  return process.exit(code);
};
