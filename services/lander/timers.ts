// Wall time and one-shot timers as a dependency: the lander's only ones, a test moves them by hand.

export interface Timers {
  now(): number;
  /** Returns how to cancel it. */
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
