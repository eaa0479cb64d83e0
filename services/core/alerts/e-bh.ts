// One budget of false alarms for all slices of a tenant: the e-Benjamini–Hochberg procedure with weights.

/** Kind of slice by how specific it is: everything, one dimension, several. */
export const sliceClasses = { all: 0, single: 1, pair: 2 } as const;

/** Share of the budget that each class gets where all three are present. */
const shares = [1 / 2, 1 / 3, 1 / 6] as const;

export interface Candidates {
  /** How many entries of the arrays count: K, every (signal, slice) of the tenant with a trial in the last day. */
  readonly count: number;
  /** E per entry, linear. */
  readonly evidence: ArrayLike<number>;
  /** T per entry in bins, from its rule's sensitivity: 8,064 is one false alarm per 28 days. */
  readonly patience: ArrayLike<number>;
  /** One of `sliceClasses` per entry. */
  readonly classes: ArrayLike<number>;
}

/**
 * Weight per class: its share of the budget over its number of slices, with mean 1 over all entries. Classes that are absent
 * leave their share to the others, so the lone slice of a small tenant alarms at exactly T.
 */
export const classWeights = (count: number, classes: ArrayLike<number>): Float64Array => {
  const counts = new Float64Array(shares.length);
  for (let i = 0; i < count; i += 1) {
    const own = classes[i] ?? 0;
    counts[own] = (counts[own] ?? 0) + 1;
  }
  let present = 0;
  for (const [index, share] of shares.entries()) if ((counts[index] ?? 0) > 0) present += share;
  return counts.map((size, index) => (size > 0 ? ((shares[index] ?? 0) / present) * (count / size) : 0));
};

const none: readonly number[] = [];

/**
 * Indices that alarm, ascending: those with w·E/T ≥ K/k*, where k* is the largest k such that k entries reach K/k
 * (Wang & Ramdas 2022; over patience: Dandapanthula & Ramdas, arXiv 2501.04130). It bounds error over patience, not the
 * false discovery rate: nothing with a finite time between false alarms can bound that.
 *
 * Without sorting: k* is where "how many reach K/k" stops falling, from k = K on; nearly always the first pass finds none.
 */
export const alarming = ({ count, evidence, patience, classes }: Candidates): readonly number[] => {
  // At most K entries alarm, so each needs w·E ≥ T at least.
  const weights = classWeights(count, classes);
  const ranks: number[] = [];
  let candidates: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const rank = ((weights[classes[i] ?? 0] ?? 0) * (evidence[i] ?? 0)) / (patience[i] ?? 0);
    if (rank < 1) continue;
    ranks.push(rank);
    candidates.push(i);
  }
  let left = ranks;
  while (left.length > 0) {
    const limit = count / left.length;
    const kept = left.filter((rank) => rank >= limit);
    if (kept.length === left.length) {
      candidates = candidates.filter((_, index) => (ranks[index] ?? 0) >= limit);
      return candidates;
    }
    left = kept;
  }
  return none;
};
