// Nodes that integrate polynomials exactly.
import { describe, expect, it } from "vitest";
import { gaussLegendre } from "./quadrature.ts";

describe("Gauss–Legendre nodes", () => {
  it.each([2, 3, 16, 101])("of order %i integrate powers below twice the order exactly", (count) => {
    const { nodes, weights } = gaussLegendre(count, -0.5, 2);
    for (const power of [0, 1, 3, 2 * count - 1].filter((degree) => degree < 2 * count)) {
      const value = nodes.reduce((sum, node, index) => sum + (weights[index] ?? 0) * node ** power, 0);
      const exact = (2 ** (power + 1) - (-0.5) ** (power + 1)) / (power + 1);
      expect(value / exact).toBeCloseTo(1, 11);
    }
  });
});
