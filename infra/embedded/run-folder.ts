// The folder of one run: it goes when this process and all that holds it have ended, however they ended.
import { spawn } from "node:child_process";
import type { Writable } from "node:stream";

/**
 * A shell removes it when its standard input ends, and whoever may still write to the folder holds a copy of that pipe: the removal
 * never meets a writer, and neither a second Ctrl-C nor kill -9 in the middle of it leaves anything. Writers without a copy, which
 * die with this process but a moment later, make `rm` fail: it tries again for ten seconds.
 */
const script = 'while read -r _; do :; done; for _ in $(seq 100); do rm -rf "$1" 2>/dev/null && exit; sleep 0.1; done';

export interface RunFolder extends AsyncDisposable {
  /** For the standard input or output of a process that uses the folder; nothing is ever written to it. */
  readonly hold: Writable;
}

/** Disposing removes the folder; it waits for the processes that hold it. */
export const removeWhenUnused = (folder: string): RunFolder => {
  // A session of its own: a Ctrl-C in the terminal reaches only us.
  const keeper = spawn("sh", ["-c", script, "sh", folder], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise<void>((resolve) => {
    keeper.once("exit", () => resolve());
    keeper.once("error", () => resolve());
  });
  keeper.stdin.on("error", () => undefined);
  keeper.unref();
  return {
    hold: keeper.stdin,
    [Symbol.asyncDispose]: async () => {
      keeper.ref();
      keeper.stdin.end();
      await ended;
    },
  };
};
