// Ninety-five per cent intervals of what was measured: shares (Wilson), counts over exposure (exact Poisson), quantiles (order statistics).

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const z = 1.959964;

/** Wilson 1927. */
export const shareInterval = (hits: number, runs: number): Interval => {
  if (runs === 0) return { low: 0, high: 1 };
  const share = hits / runs;
  const scale = 1 + z ** 2 / runs;
  const centre = (share + z ** 2 / (2 * runs)) / scale;
  const half = (z * Math.sqrt((share * (1 - share)) / runs + z ** 2 / (4 * runs ** 2))) / scale;
  return { low: hits === 0 ? 0 : centre - half, high: hits === runs ? 1 : centre + half };
};

/** P(X ≤ count) of a Poisson variable. */
const poissonBelow = (count: number, mean: number): number => {
  let [term, sum] = [Math.exp(-mean), 0];
  for (let k = 0; k <= count; k += 1) {
    sum += term;
    term *= mean / (k + 1);
  }
  return sum;
};

const bisect = (isTooLow: (value: number) => boolean, most: number): number => {
  let [low, high] = [0, most];
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (isTooLow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** Garwood 1936, per unit of exposure; for counts up to a few hundred. */
export const rateInterval = (events: number, exposure: number): Interval => {
  const most = 2 * events + 20;
  const low = events === 0 ? 0 : bisect((mean) => 1 - poissonBelow(events - 1, mean) < 0.025, most);
  return { low: low / exposure, high: bisect((mean) => poissonBelow(events, mean) > 0.025, most) / exposure };
};

/** Value below which a share of the sorted values lies: the first whose rank reaches it. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;

/** Without any assumption about the distribution: from the ranks between which the quantile lies. */
export const quantileInterval = (sorted: readonly number[], share: number): Interval => {
  const { length } = sorted;
  const half = z * Math.sqrt(length * share * (1 - share));
  const at = (rank: number): number => sorted[Math.max(0, Math.min(length - 1, Math.round(rank) - 1))] ?? Number.NaN;
  return { low: at(length * share - half), high: at(length * share + half + 1) };
};

/** Of a mean, by the normal approximation. */
export const meanInterval = (values: readonly number[]): Interval & { readonly mean: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const half = z * Math.sqrt(square / values.length);
  return { mean, low: mean - half, high: mean + half };
};
