// The detector: evidence that a rate exceeds (or undercuts) its baseline by more than a tolerated ratio, one step a bin and slice.

/** Which way is harm. */
export type Direction = "rise" | "fall";

/** Numbers of state that one slice takes in the caller's array; all 0 at the start and after an incident closes. */
export const evidenceWidth = 4;

/** A true rate within this ratio of the baseline is no news. */
export const defaultRatio = 1.25;

/** Ratios to the baseline that the evidence bets on; a rule with another smallest ratio moves them in proportion. */
export const alternatives = [1.5, 2, 3, 5] as const;

const mostEvidence = 1e22;
/** Steps beyond e⁵⁰ change nothing and would overflow. */
const largestStep = 50;
const highestNull = 0.9;
const highestAlternative = 0.98;
/** A fall from a rate of 1 at ratio 1 would make the first miss impossible. */
const highestFallNull = 1 - 1e-9;

/** An alternative as a multiple of the null's rate: the same at every smallest ratio, so each alternative stays beyond the null. */
const [lift0, lift1, lift2, lift3] = [1.5 / 1.25, 2 / 1.25, 3 / 1.25, 5 / 1.25];
const [gain0, gain1, gain2, gain3] = [Math.log(lift0), Math.log(lift1), Math.log(lift2), Math.log(lift3)];

/** E ← (E + 1)·eˡ, kept within what a double can hold. */
const grow = (evidence: number, step: number): number => {
  const grown = (evidence + 1) * Math.exp(step < largestStep ? step : largestStep);
  return grown < mostEvidence ? grown : mostEvidence;
};

/** Positional and without objects: 5,000 slices a tenant and bin come through here. */
const advance = (state: Float64Array, at: number, s0: number, s1: number, s2: number, s3: number): number => {
  const e0 = grow(state[at] ?? 0, s0);
  const e1 = grow(state[at + 1] ?? 0, s1);
  const e2 = grow(state[at + 2] ?? 0, s2);
  const e3 = grow(state[at + 3] ?? 0, s3);
  state[at] = e0;
  state[at + 1] = e1;
  state[at + 2] = e2;
  state[at + 3] = e3;
  return (e0 + e1 + e2 + e3) / 4;
};

/** ln likelihood ratio of x of n, against a null so high that an alternative may reach the cap. */
const cappedStep = (x: number, n: number, p0: number, p1: number): number =>
  x * Math.log(p1 / p0) + (n - x) * Math.log((1 - p1) / (1 - p0));

/**
 * One bin of the mixture e-detector of the Shiryaev–Roberts kind (Shin, Ramdas & Rinaldo 2024) for harm by rising.
 *
 * `state[at … at + 3]` holds the evidence per alternative and is changed; the result is their mean E, linear, at most 1e22.
 * Null: the rate is at most p0 = min(.9, smallestRatio × baseline). While it holds, E minus the number of bins is a
 * supermartingale, so an alarm at E ≥ T comes at most once in T bins on average, and from E = 0 within H bins with a chance
 * of at most α when it takes E ≥ H/α (a watch after a change). Dividing the log by φ ≥ 1 keeps that, by Jensen.
 *
 * x of n trials, 0 ≤ x ≤ n; n = 0 is no step. Above a baseline of ½ it is the fall of the complement.
 */
export const stepRise = (
  state: Float64Array,
  at: number,
  x: number,
  n: number,
  baseline: number,
  smallestRatio: number,
  phi: number,
): number => {
  if (n <= 0) return meanEvidence(state, at);
  if (baseline > 0.5) return stepFall(state, at, n - x, n, 1 - baseline, smallestRatio, phi);
  const p0 = Math.min(highestNull, smallestRatio * baseline);
  if (lift3 * p0 > highestAlternative) return stepCappedRise(state, at, x, n, p0, phi);
  const missed = n - x;
  const rest = Math.log(1 - p0);
  return advance(
    state,
    at,
    (x * gain0 + missed * (Math.log(1 - lift0 * p0) - rest)) / phi,
    (x * gain1 + missed * (Math.log(1 - lift1 * p0) - rest)) / phi,
    (x * gain2 + missed * (Math.log(1 - lift2 * p0) - rest)) / phi,
    (x * gain3 + missed * (Math.log(1 - lift3 * p0) - rest)) / phi,
  );
};

const stepCappedRise = (state: Float64Array, at: number, x: number, n: number, p0: number, phi: number): number =>
  advance(
    state,
    at,
    cappedStep(x, n, p0, Math.min(highestAlternative, lift0 * p0)) / phi,
    cappedStep(x, n, p0, Math.min(highestAlternative, lift1 * p0)) / phi,
    cappedStep(x, n, p0, Math.min(highestAlternative, lift2 * p0)) / phi,
    cappedStep(x, n, p0, Math.min(highestAlternative, lift3 * p0)) / phi,
  );

/** As `stepRise` for harm by falling: the null is a rate of at least baseline ÷ smallestRatio. */
export const stepFall = (
  state: Float64Array,
  at: number,
  x: number,
  n: number,
  baseline: number,
  smallestRatio: number,
  phi: number,
): number => {
  if (n <= 0) return meanEvidence(state, at);
  const p0 = Math.min(highestFallNull, baseline / smallestRatio);
  const missed = n - x;
  const rest = Math.log(1 - p0);
  return advance(
    state,
    at,
    (missed * (Math.log(1 - p0 / lift0) - rest) - x * gain0) / phi,
    (missed * (Math.log(1 - p0 / lift1) - rest) - x * gain1) / phi,
    (missed * (Math.log(1 - p0 / lift2) - rest) - x * gain2) / phi,
    (missed * (Math.log(1 - p0 / lift3) - rest) - x * gain3) / phi,
  );
};

/** E of a slice as it stands: the mean over the alternatives. */
export const meanEvidence = (state: Float64Array, at: number): number =>
  ((state[at] ?? 0) + (state[at + 1] ?? 0) + (state[at + 2] ?? 0) + (state[at + 3] ?? 0)) / 4;
