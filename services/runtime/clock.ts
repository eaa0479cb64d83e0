// The wall clock as a dependency, so that whoever reads it can be tested without waiting.

/** Epoch milliseconds now. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
