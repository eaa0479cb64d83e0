// What is left of a faulty element without its faults: so that checks across elements find their own mistakes in the same run.
import type { z } from "zod";

/** Faults below faults: an objective without its rate goes as a whole in the second round. */
const rounds = 4;

type Key = PropertyKey;

const remove = (around: unknown, path: readonly Key[]): void => {
  const [key, ...rest] = path;
  if (typeof around !== "object" || around === null || key === undefined) return;
  const holder = around as Record<Key, unknown>;
  // A missing key cannot go: what lacks it does.
  const [next] = rest;
  const inner = holder[key];
  const isLast = next === undefined || typeof inner !== "object" || inner === null;
  const lacks = rest.length === 1 && next !== undefined && !isLast && !(next in inner);
  if (!isLast && !lacks) return remove(inner, rest);
  if (Array.isArray(around)) around.splice(Number(key), 1);
  else delete holder[key];
};

/** Undefined where nothing is left that the schema takes. Never for use as a setting. */
export const withoutFaults = <T>(schema: z.ZodType<T>, element: unknown, standIn: string): T | undefined => {
  if (typeof element !== "object" || element === null || Array.isArray(element)) return undefined;
  const rest: Record<string, unknown> = structuredClone(element) as Record<string, unknown>;
  for (let round = 0; round < rounds; round += 1) {
    const read = schema.safeParse(rest);
    if (read.success) return read.data;
    // From behind, so that the indices of lists stay right.
    for (const issue of read.error.issues.toReversed()) {
      if (issue.code === "unrecognized_keys") for (const key of issue.keys) remove(rest, [...issue.path, key]);
      else if (issue.path[0] === "name") rest["name"] = standIn;
      else remove(rest, issue.path);
    }
  }
  return undefined;
};
