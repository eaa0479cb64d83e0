// The dimensions of a slice, their fixed order, and the names of slices.
import type { TallyRecord } from "#schemas/generated/records.ts";

/** In the order that decides ties; those that a rollout moves come last: after a full one the slice is the feature, not the version. */
export const dimensions = [
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
] as const satisfies readonly (keyof TallyRecord)[];

/** Values of these have no past of their own. */
const versionDimensions: ReadonlySet<string> = new Set(["prompt_version", "model", "model_version", "release"]);

export const isVersion = (dimension: string): boolean => versionDimensions.has(dimension);

export type Pairs = readonly (readonly [dimension: string, value: string])[];

export const everything = "*";

/** What names cannot hold as it is: our own separators and what is not printable. Half a character, which has no encoding, becomes �. */
const encode = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replaceAll("%2F", "/").replaceAll("%3A", ":");

/** `dim=value` sorted by dimension, joined by commas, values percent-encoded; `*` for no pair. */
export const sliceName = (pairs: Pairs): string =>
  pairs.length === 0
    ? everything
    : pairs
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([dimension, value]) => `${dimension}=${encode(value)}`)
        .join(",");

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The pairs of a name; undefined: it is none, or names a dimension that is not tracked. */
export const pairsOf = (slice: string): Pairs | undefined => {
  if (slice === everything || slice === "") return [];
  const pairs = slice.split(",").map((part) => {
    const at = part.indexOf("=");
    return [part.slice(0, Math.max(0, at)).trim(), decode(part.slice(at + 1).trim())] as const;
  });
  const known = pairs.every(([dimension]) => (dimensions as readonly string[]).includes(dimension));
  return known && new Set(pairs.map(([dimension]) => dimension)).size === pairs.length ? pairs : undefined;
};

export const indexOfDimension = (dimension: string): number => (dimensions as readonly string[]).indexOf(dimension);
