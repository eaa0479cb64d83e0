// The twin's only source of order: whoever waits is let go one at a time, in an order drawn from a seed.
//
// Between two turns the event loop runs until it is idle, so the same seed and the same program give the same interleaving,
// and a failing seed is a failing test. Nothing here reads a clock.

export interface Scheduler {
  /** Waits for one's turn. */
  turn(): Promise<void>;
  /** Waits for `count` turns, in a row. */
  turns(count: number): Promise<void>;
  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number;
}

/** Mulberry32: 32 bits of state, good enough to shuffle. */
const createRandom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
};

export const createScheduler = (seed: number): Scheduler => {
  const random = createRandom(seed);
  const waiting: (() => void)[] = [];
  let stepping = false;

  const integer = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));

  const step = (): void => {
    const index = integer(0, waiting.length - 1);
    const [go] = waiting.splice(index, 1);
    go?.();
    stepping = waiting.length > 0;
    if (stepping) setImmediate(step);
  };

  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (stepping) return;
      stepping = true;
      setImmediate(step);
    });

  return {
    turn,
    integer,
    async turns(count) {
      for (let i = 0; i < count; i++) await turn();
    },
  };
};
