// Bytes of all ranges together: when ClickHouse stays away every partition fills up, and the process must outlive that.

export interface Budget {
  readonly used: number;
  readonly full: boolean;
  /** Negative when a range is done with. */
  add(bytes: number): void;
  /** Calls back once there is room again. */
  whenRoom(run: () => void): void;
}

export const createBudget = (limit: number): Budget => {
  let used = 0;
  let waiting = new Set<() => void>();
  return {
    get used() {
      return used;
    },
    get full() {
      return used >= limit;
    },
    add(bytes) {
      used += bytes;
      if (used >= limit || waiting.size === 0) return;
      const woken = waiting;
      waiting = new Set();
      for (const run of woken) run();
    },
    whenRoom: (run) => void waiting.add(run),
  };
};
