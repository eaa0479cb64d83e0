// One part of the embedded stack as a process: its log goes to a file, it is ready when its log says so, and it ends with this process.
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const withParent = fileURLToPath(new URL("./with-parent.sh", import.meta.url));

export interface Part extends AsyncDisposable {
  readonly name: string;
  /** What the groups of `ready` caught, such as the port. */
  readonly said: string;
  /** Resolves when the process has ended, asked or not. */
  readonly ended: Promise<void>;
  /** Ends it in good order within `deadline` ms; dispose kills it, which is enough where the folder goes too. */
  stop(deadline: number): Promise<boolean>;
}

/** What every part of one stack is told when it starts. */
export interface PartContext {
  /** Folder of this run. */
  readonly dir: string;
  /** What keeps that folder from being removed while the part lives; undefined: nothing removes it. */
  readonly hold: Writable | undefined;
  /** Folder of the jars. */
  readonly downloads: string;
  /** From `javaVersion`. */
  readonly java: string;
  readonly signal: AbortSignal | undefined;
}

export interface PartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of this run: the log lies there. */
  readonly dir: string;
  readonly hold: Writable | undefined;
  /** The line that says it is ready; its first group becomes `said`. */
  readonly ready: RegExp;
  readonly within: number;
  readonly signal?: AbortSignal | undefined;
}

/** The whole group: the shell, its watcher and the command. */
const killGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  try {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
};

export const startPart = async (options: PartOptions): Promise<Part> => {
  const { name, dir, ready, within, signal } = options;
  signal?.throwIfAborted();
  const log = createWriteStream(join(dir, `${name}.log`), { flags: "a" });
  const child = spawn(withParent, [options.command, ...options.args], {
    cwd: dir,
    env: { ...process.env, TZ: "UTC", ...options.env },
    // Its own group: Ctrl-C in a terminal reaches only us, and we stop the parts after what uses them.
    detached: true,
    // Standard input is never written to: it closes when this process dies, however it dies.
    stdio: ["pipe", "pipe", "pipe", options.hold ?? "ignore"],
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      child.stdin.destroy();
      resolve();
    });
    child.once("error", () => resolve());
  });
  const lastLines: string[] = [];
  const line = Promise.withResolvers<string>();
  const read = (text: string): void => {
    log.write(`${text}\n`);
    if (lastLines.push(text) > 20) lastLines.shift();
    const match = ready.exec(text);
    if (match !== null) line.resolve(match[1] ?? "");
  };
  createInterface({ input: child.stdout }).on("line", read);
  createInterface({ input: child.stderr }).on("line", read);
  child.stdin.on("error", () => undefined);

  const kill = async (): Promise<void> => {
    killGroup(child, "SIGKILL");
    await ended;
    log.end();
  };
  const refuse = (reason: string) => line.reject(new Error(`${name} ${reason}:\n${lastLines.join("\n")}`));
  const timer = setTimeout(() => refuse(`was not ready within ${String(within / 1000)} s`), within);
  const abort = () => line.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  void ended.then(() => refuse("ended before it was ready"));
  try {
    const said = await line.promise;
    return {
      name,
      said,
      ended,
      stop: async (deadline) => {
        if (child.pid !== undefined && child.exitCode === null) child.kill("SIGTERM");
        const late = setTimeout(() => killGroup(child, "SIGKILL"), deadline);
        await ended;
        clearTimeout(late);
        log.end();
        return child.exitCode !== null && child.signalCode === null;
      },
      [Symbol.asyncDispose]: kill,
    };
  } catch (error) {
    await kill();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
};
