// Seeded random numbers for simulated traffic: the same seed gives the same stream on every machine.

export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** Integer in [0, n). */
  below(n: number): number;
  /** One of the items; an empty list is an error. */
  pick<T>(items: readonly T[]): T;
  /** Index drawn with the given weights. */
  weighted(weights: readonly number[]): number;
  /** Log-normal with this median and sigma of the logarithm. */
  logNormal(median: number, sigma: number): number;
  /** 1, 2, 3 … with this mean. */
  geometric(mean: number): number;
}

/** sfc32 (Doty-Humphrey, PractRand): 128 bits of state, passes BigCrush. */
export const createRandom = (seed: number): Random => {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88 | 0;
  let c = seed | 0;
  let counter = 1;
  const unit = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i += 1) unit();

  const below = (n: number): number => Math.floor(unit() * n);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
  return {
    unit,
    below,
    chance: (p) => unit() < p,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
    weighted(weights) {
      let left = unit() * weights.reduce((sum, weight) => sum + weight, 0);
      const found = weights.findIndex((weight) => (left -= weight) < 0);
      return found < 0 ? weights.length - 1 : found;
    },
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    geometric: (mean) => 1 + Math.floor(Math.log(1 - unit()) / Math.log(1 - 1 / Math.max(mean, 1.000001))),
  };
};
