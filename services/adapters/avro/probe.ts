// Decodes a value in a process of its own first: what kills that one would have killed ours. For crash loops only, it costs a message each.
// Not a worker thread: V8's abort on an array of 2³¹ items ends the whole process from there too (Node 24.21, tried).
import { type ChildProcess, fork } from "node:child_process";
import { AppError } from "#runtime/errors.ts";
import type { TopicKind } from "#schemas/topics.ts";
import type { ProbeAnswer, ProbeSettings } from "./probe-child.ts";

export interface Probe extends AsyncDisposable {
  /** False: two processes, one after the other, died of the value or were not done with it in time. Throws while the registry is away. */
  survives(kind: TopicKind, value: Buffer | null): Promise<boolean>;
}

interface ProbeOptions extends ProbeSettings {
  /** For one value, ms. */
  readonly deadline?: number;
  /** The child's program; tests have others. */
  readonly entry?: URL;
}

/** Enough for any honest record, little enough that a dishonest one is found out soon. */
const heapMegabytes = 256;

const decoder = new URL("./probe-child.ts", import.meta.url);

/** The child's next message; undefined when it ends or `deadline` passes first. */
const nextMessage = (child: ChildProcess, deadline: number): Promise<ProbeAnswer | undefined> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => settle(undefined), deadline);
    const settle = (answer: ProbeAnswer | undefined): void => {
      clearTimeout(timer);
      child.off("message", settle).off("exit", gone).off("error", gone);
      resolve(answer);
    };
    const gone = (): void => settle(undefined);
    child.once("message", settle).once("exit", gone).once("error", gone);
  });

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
};

/** Schemas are looked up before the deadline counts. */
const startDeadline = 20_000;

export const createProbe = ({ deadline = 2000, entry = decoder, ...settings }: ProbeOptions): Probe => {
  let current: ChildProcess | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const start = async (): Promise<ChildProcess> => {
    const child = fork(entry, [], {
      execArgv: [`--max-old-space-size=${heapMegabytes}`],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.send(settings);
    if ((await nextMessage(child, startDeadline)) === "ready") return child;
    await end(child);
    throw new AppError("registry_unavailable", "The process that tries suspicious records did not start");
  };

  const attempt = async (kind: TopicKind, value: Buffer | null): Promise<boolean> => {
    const child = (current ??= await start());
    child.send({ kind, value });
    const answer = await nextMessage(child, deadline);
    if (answer === "unavailable") throw new AppError("registry_unavailable", "The schema registry does not answer");
    if (answer === "done") return true;
    current = undefined;
    await end(child);
    return false;
  };

  return {
    survives(kind, value) {
      // One value at a time, so that a death has one suspect; a second death rules out that something else killed the first.
      const result = turn.then(async () => (await attempt(kind, value)) || attempt(kind, value));
      turn = result.catch(() => undefined);
      return result;
    },
    async [Symbol.asyncDispose]() {
      await turn;
      if (current !== undefined) await end(current);
    },
  };
};
