// Wall time, one-shot timers and chance as dependencies: delivery's only ones, a test moves them by hand.

export interface Timers {
  now(): number;
  /** Returns how to cancel it. */
  after(ms: number, run: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
