// Lets one process at a time do a piece of work: a file that holds its owner's process id and is taken over when that one has died.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

const ownerOf = (path) => {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
};

/** A link appears together with its content, so nobody ever reads a lock without an owner. */
const take = (path, own) => {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
};

/** Two that find the same dead owner may both come here: the rename lets one through, and who caught a living lock puts it back. */
const dropDead = (path, own) => {
  const aside = `${own}.dead`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const owner = ownerOf(aside);
  if (owner !== undefined && alive(owner)) take(path, aside);
  rmSync(aside, { force: true });
};

/** Runs `work` while no other process runs anything under the lock file `path`; `onWait` is called once when it has to wait. */
export const withLock = async (path, onWait, work) => {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  const release = () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
    rmSync(own, { force: true });
  };
  process.once("exit", release);
  try {
    for (let waited = false; !take(path, own); waited = true) {
      const owner = ownerOf(path);
      if (owner !== undefined && !alive(owner)) dropDead(path, own);
      if (!waited) onWait();
      await sleep(100);
    }
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
};
