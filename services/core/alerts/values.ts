// Values of dimensions as they are kept: without what is too long to be a name, and pairs of dimensions that rules name.
import { quickHash } from "#core/ids.ts";
import { dimensions, indexOfDimension } from "./dimensions.ts";

/** What is too much to be kept apart. */
export const other = "~other";

/** One value per dimension, null where there is none. */
export type Values = readonly (string | null)[];

/** Values that long are no names; a short hash keeps them apart. */
const longestValue = 256;

export const readValue = (value: string | null | undefined): string | null => {
  if (value === null || value === undefined || value === "") return null;
  return value.length <= longestValue ? value : `~${quickHash(value).toString(16)}.${value.length}`;
};

/** Two places in the order of dimensions. */
export type DimensionPair = readonly [number, number];

/** Pairs of dimensions as rules name them: `model,tier`; those that are none, or are tracked anyway, are left out. */
export const readPairs = (pairs: readonly string[]): readonly DimensionPair[] => {
  const read = new Map<number, DimensionPair>();
  for (const text of pairs) {
    const [a = -1, b = -1, ...more] = text.split(",").map((name) => indexOfDimension(name.trim()));
    if (a <= 0 || b <= 0 || a === b || more.length > 0) continue;
    const pair = [Math.min(a, b), Math.max(a, b)] as const;
    read.set(pair[0] * dimensions.length + pair[1], pair);
  }
  return [...read].toSorted(([a], [b]) => a - b).map(([, pair]) => pair);
};
