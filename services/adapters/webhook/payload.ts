// The second look at a payload before it leaves: what the allow-list does not name is dropped, what it does not permit becomes a hash.
import { hash } from "node:crypto";
import { type IncidentPayload, incidentPayload } from "#schemas/incident-payload.ts";

type Path = readonly PropertyKey[];

const shortHash = (value: string): string => `h-${hash("sha256", value, "hex").slice(0, 8)}`;

/** Stands in for a text that may not leave; equal texts stay equal. */
const substitute = (path: Path, given: unknown): unknown => {
  const name = String(path.findLast((key) => typeof key === "string"));
  if (Array.isArray(given)) return given.slice(0, 3);
  if (typeof given !== "string") return given;
  if (name.endsWith("url") || name === "limit") return null;
  return name === "summary" ? "incident" : shortHash(given);
};

const replaceAt = (whole: unknown, path: Path, by: (given: unknown) => unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return by(whole);
  if (Array.isArray(whole)) return whole.map((one, index) => (index === key ? replaceAt(one, rest, by) : one));
  const fields = whole as Readonly<Record<PropertyKey, unknown>>;
  return { ...fields, [key]: replaceAt(fields[key], rest, by) };
};

/**
 * What may leave of `given`, in the order of the schema; undefined: no payload at all. Core has made its words safe already. If one
 * slips through, a page without that word beats no page.
 */
export const allowedPayload = (given: unknown): IncidentPayload | undefined => {
  const first = incidentPayload.safeParse(given);
  if (first.success) return first.data;
  const mended = first.error.issues.reduce(
    (whole, { path }) => replaceAt(whole, path, (value) => substitute(path, value)),
    given,
  );
  return incidentPayload.safeParse(mended).data;
};
