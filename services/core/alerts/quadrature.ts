// Gauss–Legendre nodes: the sums and integral equations of alert statistics in a few dozen evaluations.

export interface Quadrature {
  /** Ascending, within the interval. */
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** The Legendre polynomial of this degree at z, and its slope there. */
const legendre = (degree: number, z: number): readonly [value: number, slope: number] => {
  let [before, value] = [1, z];
  for (let k = 2; k <= degree; k += 1) [before, value] = [value, ((2 * k - 1) * z * value - (k - 1) * before) / k];
  return [value, (degree * (z * value - before)) / (z * z - 1)];
};

/** Integrates polynomials of degree below 2 × count exactly over [low, high]; count ≥ 2 (Abramowitz & Stegun 25.4.29). */
export const gaussLegendre = (count: number, low: number, high: number): Quadrature => {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  const [centre, half] = [(low + high) / 2, (high - low) / 2];
  for (let i = 0; i < count; i += 1) {
    // Tricomi's first guess is near enough for Newton: five steps reach the last bit.
    let z = -Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    for (let round = 0; round < 8; round += 1) {
      const [value, slope] = legendre(count, z);
      z -= value / slope;
    }
    const [, slope] = legendre(count, z);
    nodes[i] = centre + half * z;
    weights[i] = (2 * half) / ((1 - z * z) * slope * slope);
  }
  return { nodes, weights };
};
