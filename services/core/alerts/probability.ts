// Tail probabilities of counts, accurate far out and for millions of trials: every one from a saddle point, none from a loop over all counts.
import { gaussLegendre } from "./quadrature.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** So many of so many trials. */
export interface Counts {
  readonly x: number;
  readonly n: number;
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);
/** Relative size below which a term no longer moves a double. */
const negligible = 1e-17;
/** Continued fractions need about √n steps: 10⁷ trials stay far below it. */
const mostSteps = 200_000;

/** Stirling's series for ln Γ, good to the last bit from 10 on (Abramowitz & Stegun 6.1.41). */
const stirlingSeries = (x: number): number => {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360360))))) / x;
};

/** ln Γ(x) for x > 0. */
export const logGamma = (x: number): number => {
  let product = 1;
  let z = x;
  for (; z < 10; z += 1) product *= z;
  return (z - 0.5) * Math.log(z) - z + halfLogTwoPi + stirlingSeries(z) - Math.log(product);
};

/** What Stirling's formula lacks of ln x!. */
const stirlingError = (x: number): number =>
  x >= 10 ? stirlingSeries(x) : logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - halfLogTwoPi;

/** x ln(x/m) + m − x, without the cancellation where x is near m (Loader 2000). */
const deviance = (x: number, m: number): number => {
  const d = x - m;
  if (Math.abs(d) >= 0.1 * (x + m)) return x * Math.log(x / m) - d;
  const v = d / (x + m);
  let sum = d * v;
  let power = 2 * x * v;
  // v² is below 0.01, so ten terms are exact.
  for (let k = 3; k <= 21; k += 2) {
    power *= v * v;
    sum += power / k;
  }
  return sum;
};

/** ln of C(n, x) pˣ(1−p)ⁿ⁻ˣ, also where x and n are not whole; q = 1 − p is given, so that neither end loses digits. */
const logBinomial = (x: number, n: number, p: number, q: number): number => {
  if (x === 0) return n * (p < q ? Math.log1p(-p) : Math.log(q));
  if (x === n) return n * (q < p ? Math.log1p(-q) : Math.log(p));
  const body = stirlingError(n) - stirlingError(x) - stirlingError(n - x);
  return body - deviance(x, n * p) - deviance(n - x, n * q) - halfLogTwoPi - 0.5 * Math.log((x / n) * (n - x));
};

/** ln of xᵃ(1−x)ᵇ / B(a, b), with y = 1 − x. */
const logBetaWeight = (a: number, b: number, x: number, y: number): number =>
  Math.log(a) + Math.log(b / (a + b)) + logBinomial(a, a + b, x, y);

/** A denominator that is exactly zero would stop Lentz's method. */
const awayFromZero = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);

/** The continued fraction of the incomplete beta, by Lentz's method (Numerical Recipes 6.4). */
const betaFraction = (a: number, b: number, x: number): number => {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= mostSteps; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return value;
};

/** I_x(a, b), with y = 1 − x. */
const incompleteBeta = (a: number, b: number, x: number, y: number): number => {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBetaBelow(b, a, y, x);
  return incompleteBetaBelow(a, b, x, y);
};

const incompleteBetaBelow = (a: number, b: number, x: number, y: number): number =>
  Math.min(1, (Math.exp(logBetaWeight(a, b, x, y)) * betaFraction(a, b, x)) / a);

/** ln of mᵃ e⁻ᵐ / Γ(a + 1). */
const logPoisson = (a: number, m: number): number =>
  a === 0 ? -m : -stirlingError(a) - deviance(a, m) - halfLogTwoPi - 0.5 * Math.log(a);

/** P(a, m), where it is the smaller part: m below a + 1. */
const gammaSeries = (a: number, m: number): number => {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > negligible * sum; k += 1) {
    term *= m / (a + k);
    sum += term;
  }
  return Math.exp(logPoisson(a, m)) * sum;
};

/** Q(a, m), where it is the smaller part: m from a + 1 on (Numerical Recipes 6.2). */
const gammaFraction = (a: number, m: number): number => {
  let b = m + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i <= mostSteps; i += 1) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / awayFromZero(an * d + b);
    c = awayFromZero(b + an / c);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return Math.exp(logPoisson(a, m)) * a * value;
};

/** P(a, m), the regularised lower incomplete gamma. */
const gammaLower = (a: number, m: number): number => {
  if (m <= 0) return 0;
  return m < a + 1 ? Math.min(1, gammaSeries(a, m)) : 1 - Math.min(1, gammaFraction(a, m));
};

const gammaUpper = (a: number, m: number): number => {
  if (m <= 0) return 1;
  return m < a + 1 ? 1 - Math.min(1, gammaSeries(a, m)) : Math.min(1, gammaFraction(a, m));
};

/** P(X ≥ k) for X binomial over n trials of chance p. */
export const binomialUpper = (k: number, n: number, p: number): number => {
  if (k <= 0) return 1;
  return k > n ? 0 : incompleteBeta(k, n - k + 1, p, 1 - p);
};

/** P(X ≤ k) for X binomial over n trials of chance p. */
export const binomialLower = (k: number, n: number, p: number): number => binomialUpper(n - k, n, 1 - p);

/** P(X ≥ k) for X Poisson with this mean. */
export const poissonUpper = (k: number, mean: number): number => (k <= 0 ? 1 : gammaLower(k, mean));

/** P(X ≤ k) for X Poisson with this mean. */
export const poissonLower = (k: number, mean: number): number => (k < 0 ? 0 : gammaUpper(k + 1, mean));

/** P(X ≥ k) for X negative binomial with this mean and size (variance = mean + mean²/size). */
export const negBinomialUpper = (
  k: number,
  { mean, size }: { readonly mean: number; readonly size: number },
): number => (k <= 0 ? 1 : incompleteBeta(k, size, mean / (mean + size), size / (mean + size)));

/** ln P(X = i) for X beta-binomial over n trials: the beta weights before and after i of them, at the posterior mean. */
const logBetaBinomial = (i: number, n: number, a: number, b: number): number => {
  const total = a + b + n;
  const [x, y] = [(a + i) / total, (b + n - i) / total];
  return logBinomial(i, n, x, y) + logBetaWeight(a, b, x, y) - logBetaWeight(a + i, b + n - i, x, y);
};

/** How many trials, and the Beta their chance comes from. */
interface BetaBinomial {
  readonly n: number;
  readonly a: number;
  readonly b: number;
}

/** Terms added one by one at both ends of a tail; what lies between is smooth enough to integrate. */
const termsOneByOne = 4_096;
const panelOrder = 16;
const panel = gaussLegendre(panelOrder, 0, 1);

/** Terms from `first` to `last`, each from the one before; `rest` is false where what follows is negligible. */
const sumTerms = (
  first: number,
  last: number,
  { n, a, b }: BetaBinomial,
): { readonly sum: number; readonly rest: boolean } => {
  let term = Math.exp(logBetaBinomial(first, n, a, b));
  let sum = 0;
  for (let i = first; i <= last; i += 1) {
    sum += term;
    const ratio = ((n - i) / (i + 1)) * ((i + a) / (n - i - 1 + b));
    term *= ratio;
    // Ratios fall where b ≥ 1, so a geometric series bounds the rest.
    if (b >= 1 && ratio < 1 && term < negligible * sum * (1 - ratio)) return { sum, rest: false };
  }
  return { sum, rest: last < n };
};

/** Terms from `first` to `last` by the Euler–Maclaurin formula around the midpoint rule. */
const integrateTerms = (first: number, last: number, { n, a, b }: BetaBinomial): number => {
  const termAt = (i: number): number => Math.exp(logBetaBinomial(i, n, a, b));
  const mean = (n * a) / (a + b);
  const spread = Math.sqrt((mean * (b / (a + b)) * (a + b + n)) / (a + b + 1));
  const end = last + 0.5;
  let sum = 0;
  for (let from = first - 0.5; from < end; ) {
    // Panels stay narrow against the distribution and against both of its ends, where a small a or b makes a pole.
    const width = Math.min(end - from, Math.max(1, Math.min(spread / 2, from / 4, (n - from) / 4)));
    let part = 0;
    for (let j = 0; j < panelOrder; j += 1)
      part += (panel.weights[j] ?? 0) * termAt(from + width * (panel.nodes[j] ?? 0));
    sum += width * part;
    from += width;
    if (b >= 1 && from > mean && width * part < negligible * sum) break;
  }
  const slopes = termAt(first) - termAt(first - 1) - (termAt(last + 1) - termAt(last));
  return sum + slopes / 24;
};

/** Terms from k to n, where k lies above the mean. */
const sumTail = (k: number, of: BetaBinomial): number => {
  const { n } = of;
  if (n - k < 4 * termsOneByOne) return sumTerms(k, n, of).sum;
  const near = sumTerms(k, k + termsOneByOne - 1, of);
  if (!near.rest) return near.sum;
  const far = n - termsOneByOne;
  return near.sum + integrateTerms(k + termsOneByOne, far, of) + sumTerms(far + 1, n, of).sum;
};

/**
 * P(X ≥ k) for X beta-binomial: k of n whole trials whose chance is Beta(a, b), a and b > 0, not necessarily whole.
 * With a = k₀+½ and b = n₀−k₀+½ it is the predictive chance after k₀ of n₀ (Jeffreys' prior).
 */
export const betaBinomialUpper = (k: number, n: number, a: number, b: number): number => {
  if (k <= 0) return 1;
  if (k > n) return 0;
  if (k > (n * a) / (a + b)) return Math.min(1, sumTail(k, { n, a, b }));
  return Math.max(0, 1 - sumTail(n - k + 1, { n, a: b, b: a }));
};

/** P(X ≤ k), see `betaBinomialUpper`. */
export const betaBinomialLower = (k: number, n: number, a: number, b: number): number =>
  betaBinomialUpper(n - k, n, b, a);

export interface Comparison {
  readonly now: Counts;
  /** The reference: own past, or the control arm in the same minutes. */
  readonly base: Counts;
  /** Over-dispersion φ ≥ 1. */
  readonly phi: number;
  readonly direction: "rise" | "fall";
}

/**
 * p of seeing at least as many (falls: at most as many) now, when the reference's rate is itself only estimated.
 * All counts are divided by φ; those of now are then rounded to whole trials, the reference's need not be.
 */
export const comparisonP = ({ now, base, phi, direction }: Comparison): number => {
  const n = Math.round(now.n / phi);
  const k = Math.min(n, Math.round(now.x / phi));
  const a = base.x / phi + 0.5;
  const b = (base.n - base.x) / phi + 0.5;
  return direction === "rise" ? betaBinomialUpper(k, n, a, b) : betaBinomialLower(k, n, a, b);
};

/** Where a function that rises through `target` does so, between 0 and the first power of two at which it has. */
const crossing = (rising: (at: number) => number, target: number): number => {
  let high = 1;
  while (rising(high) < target) high *= 2;
  let low = 0;
  // Sixty halvings use up a double's digits.
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (rising(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** Exact interval of the rate behind x events in exposure t (Garwood 1936). */
export const poissonInterval = (x: number, t = 1, confidence = 0.95): Interval => {
  const tail = (1 - confidence) / 2;
  const low = x === 0 ? 0 : crossing((mean) => poissonUpper(x, mean), tail);
  const high = crossing((mean) => 1 - poissonLower(x, mean), 1 - tail);
  return { low: low / t, high: high / t };
};

/** Value at z of the polynomial with these coefficients, highest power first. */
const polynomial = (z: number, coefficients: readonly number[]): number =>
  coefficients.reduce((sum, coefficient) => sum * z + coefficient, 0);

/** Numerators and denominators of algorithm AS 241 (Wichura 1988): centre, tails, far tails; relative error about 1e-16. */
const wichura = {
  centre: [
    [
      2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
      133.14166789178438, 3.3871328727963665,
    ],
    [
      5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
      687.1870074920579, 42.31333070160091, 1,
    ],
  ],
  tail: [
    [
      0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
      5.769497221460691, 4.630337846156546, 1.4234371107496835,
    ],
    [
      1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
      1.6763848301838038, 2.053191626637759, 1,
    ],
  ],
  farTail: [
    [
      2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
      1.7848265399172913, 5.463784911164114, 6.657904643501103,
    ],
    [
      2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
      0.1369298809227358, 0.599832206555888, 1,
    ],
  ],
} as const;

const ratioAt = (z: number, [over, under]: readonly [readonly number[], readonly number[]]): number =>
  polynomial(z, over) / polynomial(z, under);

/** The z below which a standard normal variable lies with chance p, 0 < p < 1. */
export const normalQuantile = (p: number): number => {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratioAt(0.180625 - q * q, wichura.centre);
  const depth = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = depth <= 5 ? ratioAt(depth - 1.6, wichura.tail) : ratioAt(depth - 5, wichura.farTail);
  return q < 0 ? -z : z;
};

/** Chance that a standard normal variable lies below z. */
export const normalBelow = (z: number): number => {
  const outer = gammaUpper(0.5, (z * z) / 2) / 2;
  return z > 0 ? 1 - outer : outer;
};

/** Standard normal density. */
export const normalDensity = (z: number): number => Math.exp(-(z * z) / 2 - halfLogTwoPi);

/** Standard normal quantile of a two-sided 95 %. */
export const z95 = 1.959963984540054;

/** Interval of a rate (Wilson 1927); x and n may be counts divided by φ. No trials: anything is possible. */
export const wilson = (x: number, n: number, z = z95): Interval => {
  if (n <= 0) return { low: 0, high: 1 };
  const rate = x / n;
  const shrink = 1 + (z * z) / n;
  const centre = rate + (z * z) / (2 * n);
  const half = z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  return { low: x === 0 ? 0 : (centre - half) / shrink, high: x === n ? 1 : (centre + half) / shrink };
};
