// The leak guard: after a run no process that it started lives, and no file that it made lies in the temporary folder.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

/** In the environment of everything that this run starts; Linux shows it in /proc, elsewhere processes are not looked for. */
const marker = "EARSHOT_TEST_RUN";

const processesMarked = (mark: string): string[] => {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
      // A zombie has no command line; the runner's own workers end after us.
      const ours = environment.includes(`${marker}=${mark}`) && command !== "" && !/vitest/.test(command);
      return ours ? [`process ${pid}: ${command.slice(0, 200)}`] : [];
    } catch {
      return [];
    }
  });
};

/** Watches from now on; `check` throws when something is left. */
export const watchLeaks = (): { readonly check: () => Promise<void> } => {
  const previous = process.env["TMPDIR"];
  const folder = mkdtempSync(join(tmpdir(), "earshot-test-"));
  process.env["TMPDIR"] = folder;
  process.env[marker] = folder;
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  // An interrupted run checks nothing, but leaves nothing either.
  process.once("exit", remove);
  return {
    check: async () => {
      try {
        // Processes that were told to end may need a moment; testcontainers keeps a lock file for good.
        await eventually(
          () => {
            const files = readdirSync(folder).filter((name) => !name.startsWith("testcontainers-node"));
            const left = [...processesMarked(folder), ...files.map((name) => `${folder}/${name}`)];
            if (left.length > 0) throw new Error(`the run left behind:\n  ${left.join("\n  ")}`);
          },
          { within: 5_000 },
        );
      } finally {
        remove();
        process.off("exit", remove);
        if (previous === undefined) delete process.env["TMPDIR"];
        else process.env["TMPDIR"] = previous;
        delete process.env[marker];
      }
    },
  };
};
