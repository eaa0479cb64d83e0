// A file that is read again when it changes: told by the file system where that works, looked at now and then where it does not.
import { hash } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

export interface WatchedFileOptions {
  readonly path: string;
  /** How often to look, ms. */
  readonly every: number;
  /** Called when the content is another, not for the content that is there at first. */
  readonly changed: () => void;
}

/** Editors write in several steps, and config maps swap links: so long nothing may move before it is read, ms. */
const settle = 200;

const contentOf = (path: string): string => {
  try {
    return hash("sha256", readFileSync(path), "hex");
  } catch {
    // Gone for a moment, as while it is being replaced; or for good, which whoever reads it will say.
    return "";
  }
};

export const watchFile = ({ path, every, changed }: WatchedFileOptions): Disposable => {
  let last = contentOf(path);
  let settling: NodeJS.Timeout | undefined;

  const look = (): void => {
    const now = contentOf(path);
    if (now === last) return;
    last = now;
    changed();
  };
  const soon = (): void => {
    clearTimeout(settling);
    settling = setTimeout(look, settle);
  };

  let watcher: FSWatcher | undefined;
  try {
    // The folder, because a file that is replaced takes its watch along.
    watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(path) || name.startsWith("..")) soon();
    });
    watcher.on("error", () => undefined);
  } catch {
    // Without it the timer notices.
  }
  const timer = setInterval(look, every);
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      watcher?.close();
      clearInterval(timer);
      clearTimeout(settling);
    },
  };
};
