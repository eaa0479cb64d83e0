// Named points at which a test may kill this process as kill -9 would: no handler runs, nothing is flushed.

export const crashPoints = ["after-intent", "after-insert", "after-landing", "after-acknowledge"] as const;

export type CrashPoint = (typeof crashPoints)[number];

export type CrashAt = (point: CrashPoint) => void;

/** Dies the first time the point is reached; null: never. */
export const createCrashAt =
  (chosen: CrashPoint | null): CrashAt =>
  (point) => {
    if (point === chosen) process.kill(process.pid, "SIGKILL");
  };
