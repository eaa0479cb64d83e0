// What cannot be seen: the smallest ratio to the baseline that the detector would find within two hours.
import { alternatives, type Direction, defaultRatio } from "./e-process.ts";

export interface Visibility {
  /** p̂, 0 … 1. */
  readonly baseline: number;
  /** φ(n) of a usual bin. */
  readonly phi: number;
  /** N: trials expected in two hours. */
  readonly trials: number;
  /** E that an alarm takes in this slice (T, or more in company); linear. */
  readonly threshold: number;
  readonly direction: Direction;
  /** The rule's smallest ratio. */
  readonly smallestRatio?: number;
}

/** About the 80 % quantile of a normal variable: evidence that four runs in five reach. */
const luck = 0.84;
/** The mean over four alternatives loses ln 4 to the best of them. */
const ofFour = Math.log(alternatives.length);

/** Evidence against the null that n trials of rate q bring with 80 % chance, for one alternative. */
const evidence = (q: number, p0: number, p1: number, { trials, phi }: Visibility): number => {
  const [hit, miss] = [Math.log(p1 / p0), Math.log((1 - p1) / (1 - p0))];
  const mean = q * hit + (1 - q) * miss;
  const spread = Math.sqrt(q * (1 - q)) * Math.abs(hit - miss);
  return (trials * mean - luck * spread * Math.sqrt(trials * phi)) / phi;
};

/** Whether a lasting rate of q would be found; p is the baseline, both of the outcome that the direction is about. */
const isFound = (q: number, p: number, direction: Direction, slice: Visibility): boolean => {
  const ratio = slice.smallestRatio ?? defaultRatio;
  const needed = Math.log(slice.threshold) + ofFour;
  const p0 = direction === "rise" ? Math.min(0.9, ratio * p) : p / ratio;
  return alternatives.some((alternative) => {
    const lift = alternative / defaultRatio;
    const p1 = direction === "rise" ? Math.min(0.98, lift * p0) : p0 / lift;
    return evidence(q, p0, p1, slice) >= needed;
  });
};

/** Steps of the search for the smallest ratio: half a percent, then halved to five digits. */
const stride = 1.005;

/** Smallest r ≥ 1 for which `found` holds, up to `most`; undefined: none. */
const smallest = (found: (r: number) => boolean, most: number): number | undefined => {
  for (let high = 1; high <= most; high *= stride) {
    if (!found(high)) continue;
    let [low, top] = [high / stride, high];
    for (let round = 0; round < 12; round += 1) {
      const middle = (low + top) / 2;
      if (found(middle)) top = middle;
      else low = middle;
    }
    return top;
  }
  return undefined;
};

/** A fall is looked for down to a thousandth of the baseline. */
const deepestFall = 1_000;

/**
 * Smallest ratio of harm, ≥ 1: rises rate ÷ baseline, falls baseline ÷ rate; undefined: even the worst rate would not be seen.
 * Found in steady traffic within two hours in 90 to 96 of 100 simulated runs.
 */
export const smallestVisibleRatio = (slice: Visibility): number | undefined => {
  const { baseline: p, direction } = slice;
  if (direction === "fall") return smallest((r) => isFound(p / r, p, "fall", slice), deepestFall);
  // Above ½ the detector looks at the complement, which falls.
  if (p > 0.5) return smallest((r) => isFound(1 - r * p, 1 - p, "fall", slice), 1 / p);
  return smallest((r) => isFound(r * p, p, "rise", slice), 1 / p);
};
