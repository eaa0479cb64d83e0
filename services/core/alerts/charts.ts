// Control charts for rules that ask for one: CUSUM, EWMA, EARS C1, and how long each runs until it alarms.
import { normalBelow, normalDensity } from "./probability.ts";
import { gaussLegendre } from "./quadrature.ts";

/** ln likelihood ratios of one trial, for rate p1 against p0. */
export interface TrialSteps {
  /** Added when the trial fired. */
  readonly up: number;
  /** Added when it did not. */
  readonly down: number;
}

export const trialSteps = (p0: number, p1: number): TrialSteps => ({
  up: Math.log(p1 / p0),
  down: Math.log((1 - p1) / (1 - p0)),
});

/** CUSUM after a bin with x of n trials (Page 1954), its evidence divided by φ; n = 1, φ = 1: trial by trial. Alarm at S ≥ h. */
export const cusumStep = (sum: number, x: number, n: number, { up, down }: TrialSteps, phi: number): number =>
  Math.max(0, sum + (x * up + (n - x) * down) / phi);

/** Exponentially weighted mean after one more value. */
export const ewmaStep = (mean: number, value: number, lambda: number): number => mean + lambda * (value - mean);

/** Distance of the fixed limits from the mean, in standard deviations of one value; `limit` is L, in those of the EWMA. */
export const ewmaLimit = (lambda: number, limit: number): number => limit * Math.sqrt(lambda / (2 - lambda));

export interface EarsC1 {
  readonly mean: number;
  /** Of the sample (n − 1). */
  readonly sd: number;
  /** Today in sd above the mean. */
  readonly z: number;
  /** Upper control limit, three sd above the mean. */
  readonly limit: number;
}

/** EARS C1 (Hutwagner et al. 2003): today against the mean of the days just before, seven as a rule. */
export const earsC1 = (baseline: readonly number[], today: number): EarsC1 => {
  const mean = baseline.reduce((sum, value) => sum + value, 0) / baseline.length;
  const square = baseline.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = Math.sqrt(square / (baseline.length - 1));
  return { mean, sd, z: (today - mean) / sd, limit: mean + 3 * sd };
};

/** Solves A·x = b in place by elimination with row pivots; A is row after row. */
const solve = (matrix: Float64Array, right: Float64Array): Float64Array => {
  const size = right.length;
  const at = (row: number, column: number): number => matrix[row * size + column] ?? 0;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    }
    if (pivot !== column) {
      const rows = matrix.slice(column * size, (column + 1) * size);
      matrix.copyWithin(column * size, pivot * size, (pivot + 1) * size);
      matrix.set(rows, pivot * size);
      [right[column], right[pivot]] = [right[pivot] ?? 0, right[column] ?? 0];
    }
    for (let row = column + 1; row < size; row += 1) {
      const factor = at(row, column) / at(column, column);
      if (factor === 0) continue;
      for (let k = column; k < size; k += 1) matrix[row * size + k] = at(row, k) - factor * at(column, k);
      right[row] = (right[row] ?? 0) - factor * (right[column] ?? 0);
    }
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = right[row] ?? 0;
    for (let k = row + 1; k < size; k += 1) sum -= at(row, k) * (right[k] ?? 0);
    right[row] = sum / at(row, row);
  }
  return right;
};

/** Nodes per standard deviation of the kernel: run lengths are then right to more digits than any table has. */
const nodesPerWidth = 6;
const fewestNodes = 40;
const mostNodes = 400;

const nodesFor = (length: number, kernelWidth: number): number =>
  Math.min(mostNodes, Math.max(fewestNodes, Math.ceil((nodesPerWidth * length) / kernelWidth)));

export interface CusumChart {
  /** Reference value: half the shift, in standard deviations, that the chart is tuned to. */
  readonly k: number;
  /** Threshold in standard deviations. */
  readonly h: number;
  /** True mean of the standardised values. */
  readonly mean: number;
  /** Where S starts, 0 … h; half of h is the fast initial response. */
  readonly headstart?: number;
}

/** Run lengths of a one-sided CUSUM of normal values from 0 and from the head start, by Page's integral equation. */
const cusumRunLengths = ({
  k,
  h,
  mean,
  headstart = 0,
}: CusumChart): { readonly zero: number; readonly started: number } => {
  const { nodes, weights } = gaussLegendre(nodesFor(h, 1), 0, h);
  const drift = mean - k;
  // The last unknown is the run length from 0, where the part of the distribution below 0 is gathered.
  const size = nodes.length + 1;
  const matrix = new Float64Array(size * size);
  const startOf = (row: number): number => nodes[row] ?? 0;
  const fillRow = (row: number, start: number): void => {
    for (const [column, node] of nodes.entries()) {
      matrix[row * size + column] = -(weights[column] ?? 0) * normalDensity(node - start - drift);
    }
    matrix[row * size + size - 1] = -normalBelow(-start - drift);
    matrix[row * size + row] = (matrix[row * size + row] ?? 0) + 1;
  };
  for (let row = 0; row < size; row += 1) fillRow(row, row === size - 1 ? 0 : startOf(row));
  const lengths = solve(matrix, new Float64Array(size).fill(1));
  const zero = lengths[size - 1] ?? 0;
  let started = 1 + zero * normalBelow(-headstart - drift);
  for (const [column, node] of nodes.entries()) {
    started += (weights[column] ?? 0) * normalDensity(node - headstart - drift) * (lengths[column] ?? 0);
  }
  return { zero, started };
};

/** Mean number of values until a one-sided CUSUM, S ← max(0, S + z − k), exceeds h. */
export const cusumRunLength = (chart: CusumChart): number => cusumRunLengths(chart).started;

/** The same for two CUSUMs, up and down, both from the head start (Lucas & Crosier 1982, after Kemp). */
export const cusumRunLengthTwoSided = (chart: CusumChart): number => {
  const up = cusumRunLengths(chart);
  const down = cusumRunLengths({ ...chart, mean: -chart.mean });
  return (up.started * down.zero + down.started * up.zero - up.zero * down.zero) / (up.zero + down.zero);
};

export interface EwmaChart {
  /** Weight of the newest value, 0 … 1. */
  readonly lambda: number;
  /** L: limits in standard deviations of the EWMA in the long run. */
  readonly limit: number;
  /** True mean of the standardised values. */
  readonly mean: number;
}

/** Mean number of values until a two-sided EWMA from 0 leaves its fixed limits (Crowder 1987, integral equation). */
export const ewmaRunLength = ({ lambda, limit, mean }: EwmaChart): number => {
  const edge = ewmaLimit(lambda, limit);
  const { nodes, weights } = gaussLegendre(nodesFor(2 * edge, lambda), -edge, edge);
  const size = nodes.length;
  const kernel = (from: number, column: number): number =>
    ((weights[column] ?? 0) / lambda) * normalDensity(((nodes[column] ?? 0) - (1 - lambda) * from) / lambda - mean);
  const matrix = new Float64Array(size * size);
  for (const [row, from] of nodes.entries()) {
    for (let column = 0; column < size; column += 1) matrix[row * size + column] = -kernel(from, column);
    matrix[row * size + row] = (matrix[row * size + row] ?? 0) + 1;
  }
  const lengths = solve(matrix, new Float64Array(size).fill(1));
  return lengths.reduce((sum, length, column) => sum + kernel(0, column) * length, 1);
};

export interface BernoulliChart {
  readonly steps: TrialSteps;
  /** Threshold: alarm at S ≥ h. */
  readonly h: number;
  /** True rate. */
  readonly rate: number;
}

/** Paths since the last S = 0 of which no more than this is left change no digit. */
const forgotten = 1e-15;

/**
 * Mean number of trials until a Bernoulli CUSUM from 0 alarms: exact, by following one cycle from 0 back to 0 trial by trial.
 * After t trials S is known from how many fired, so only as many states live as rises fit below h. (Lattices of S overstate
 * long run lengths.)
 */
export const bernoulliCusumRunLength = ({ steps: { up, down }, h, rate }: BernoulliChart): number => {
  let [alarms, trials] = [0, 0];
  /** Chance per number of fired trials since 0. */
  let alive = new Map<number, number>([[0, 1]]);
  for (let t = 1; alive.size > 0; t += 1) {
    const next = new Map<number, number>();
    let living = 0;
    for (const [hits, chance] of alive) {
      trials += chance;
      living += chance;
      for (const [now, part] of [
        [hits, chance * (1 - rate)],
        [hits + 1, chance * rate],
      ] as const) {
        if (part === 0) continue;
        const sum = now * up + (t - now) * down;
        if (sum >= h) alarms += part;
        else if (sum > 0) next.set(now, (next.get(now) ?? 0) + part);
      }
    }
    if (living < forgotten * alarms) break;
    alive = next;
  }
  return trials / alarms;
};
