// Child processes of the demo, the bench and the crash tests: one service or command each, ended with their parent.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

type Environment = Readonly<Record<string, string>>;

export interface RunningProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** `http://127.0.0.1:port` of its health and metrics. */
  readonly url: string;
  /** Exit code, or the signal's name, once it has ended. */
  readonly ended: Promise<number | string>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

const launch = (entry: string, args: readonly string[], env: Environment): ChildProcess =>
  spawn(process.execPath, [`--import=${new URL("./die-with-parent.mjs", import.meta.url).href}`, entry, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    // The pipe on descriptor 3 carries nothing: it closes when this process dies, however it dies.
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });

const exitOf = (child: ChildProcess): Promise<number | string> =>
  new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal ?? 1)));

interface StartOptions {
  readonly logFile: string;
  readonly readyWithin?: number;
  /** One that is to die may never be ready. */
  readonly until?: "ready" | "http listening";
}

/** Starts `services/<name>/main.ts`, its log into `logFile`; resolves when it is ready, rejects with the log's end when it ends before. */
export const startProcess = async (
  name: string,
  env: Environment,
  { logFile, readyWithin = 30_000, until = "ready" }: StartOptions,
): Promise<RunningProcess> => {
  const child = launch(`services/${name}/main.ts`, [], { ...env, EARSHOT_HTTP_PORT: "0" });
  const ended = exitOf(child);
  const log = createWriteStream(logFile, { flags: "a" });
  child.stderr?.pipe(log, { end: false });
  const lastLines: string[] = [];
  const listening = Promise.withResolvers<number>();
  const ready = Promise.withResolvers<void>();
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      log.write(`${line}\n`);
      if (lastLines.push(line) > 5) lastLines.shift();
      const port = /"port":(\d+).*"msg":"http listening"/.exec(line)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
      if (line.includes(`"msg":"${until}"`)) ready.resolve();
    });
  }
  const timer = setTimeout(
    () => ready.reject(new Error(`${name} was not ready within ${String(readyWithin / 1000)} s`)),
    readyWithin,
  );
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
    log.end();
  };
  try {
    await Promise.race([
      ready.promise,
      ended.then((code) => {
        throw new Error(`${name} ended with ${String(code)} before it was ready:\n${lastLines.join("\n")}`);
      }),
    ]);
  } catch (error) {
    await stop("SIGKILL");
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    name,
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${String(await listening.promise)}`,
    ended,
    kill: () => stop("SIGKILL"),
    [Symbol.asyncDispose]: () => stop("SIGTERM"),
  };
};

/** Runs `services/cli/<name>.ts` to its end; resolves with its stdout, rejects with its stderr unless it exits 0. */
export const runCommand = async (
  name: string,
  args: readonly string[],
  env: Environment,
  signal?: AbortSignal,
): Promise<string> => {
  const child = launch(`services/cli/${name}.ts`, args, env);
  const output: string[] = [];
  const messages: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => messages.push(chunk.toString()));
  const abort = () => child.kill("SIGTERM");
  signal?.addEventListener("abort", abort, { once: true });
  const closed = new Promise((resolve) => child.once("close", resolve));
  const code = await exitOf(child);
  await closed;
  signal?.removeEventListener("abort", abort);
  if (code !== 0) throw new Error(`${name} ${args.join(" ")} ended with ${String(code)}:\n${messages.join("")}`);
  return output.join("");
};
