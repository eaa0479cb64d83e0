// Named points at which a test may kill this process as kill -9 would: no handler runs, nothing is flushed.
import { text } from "./config.ts";

/** Called at each point on the way. */
export type CrashAt<P extends string> = (point: P) => void;

export const crashSetting = (points: readonly string[]) =>
  text("EARSHOT_CRASH_AT", {
    optional: true,
    help: "for tests: die as by kill -9 at a named point, with :n the n-th time it is reached",
    pattern: new RegExp(`^(${points.join("|")})(:[1-9]\\d*)?$`),
    expectation: `${points.join(", ")}, each with :n for the n-th time`,
  });

const killThisProcess = (): void => void process.kill(process.pid, "SIGKILL");

/** `chosen`: `after-send` for the first time it is reached, `after-send:3` for the third; undefined: never. */
export const createCrashAt = <P extends string>(chosen: string | undefined, kill = killThisProcess): CrashAt<P> => {
  const [name, count = "1"] = chosen?.split(":") ?? [];
  let left = Number(count);
  return (point) => {
    if (point !== name) return;
    left -= 1;
    if (left === 0) kill();
  };
};
