// The second look at a payload before it leaves: what the allow-list does not name is dropped, what it does not permit becomes a hash.
import { hash } from "node:crypto";
import type { z } from "zod";
import { type IncidentPayload, incidentPayload } from "#schemas/incident-payload.ts";

type Issue = z.core.$ZodIssue;

const shortHash = (value: string): string => `h-${hash("sha256", value, "hex").slice(0, 8)}`;

/** Stands in for what may not leave; equal texts stay equal. */
const substitute = (given: unknown, issue: Issue): unknown => {
  const name = String(issue.path.findLast((key) => typeof key === "string"));
  if (Array.isArray(given)) return issue.code === "too_big" ? given.slice(0, Number(issue.maximum)) : [];
  if (typeof given !== "string" || name.endsWith("url") || name === "limit") return null;
  return name === "summary" ? "incident" : shortHash(given);
};

const replaceAt = (whole: unknown, path: Issue["path"], by: (given: unknown) => unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return by(whole);
  if (Array.isArray(whole)) return whole.map((one, index) => (index === key ? replaceAt(one, rest, by) : one));
  const fields = whole as Readonly<Record<PropertyKey, unknown>>;
  return { ...fields, [key]: replaceAt(fields[key], rest, by) };
};

/** A list's own faults show only once those of its members are gone. */
const rounds = 3;

/**
 * What may leave of `given`, in the order of the schema; undefined: no payload at all. Core has made its words safe already. If one
 * slips through, a page without that word beats no page.
 */
export const allowedPayload = (given: unknown): IncidentPayload | undefined => {
  let candidate = given;
  for (let round = 0; round < rounds; round += 1) {
    const { data, error } = incidentPayload.safeParse(candidate);
    if (data !== undefined) return data;
    candidate = error?.issues.reduce(
      (whole, issue) => replaceAt(whole, issue.path, (value) => substitute(value, issue)),
      candidate,
    );
  }
  return undefined;
};
