// Building blocks of the rules file's schema: every value says in one phrase what a right one looks like.
import { z } from "zod";

const hint = Symbol("hint");

/** What is wrong with this very value, where the phrase alone would not tell. */
interface Trouble {
  readonly [hint]: string;
}

export const trouble = (about: string): Trouble => ({ [hint]: about });

const isTrouble = (value: unknown): value is Trouble => typeof value === "object" && value !== null && hint in value;

/** A value that is read by `parse`, which says undefined or a trouble for a wrong one. */
export const leaf = <T>(expected: string, parse: (value: unknown) => T | Trouble | undefined) =>
  z.unknown().transform((value, context): T => {
    const read = value === undefined ? undefined : parse(value);
    if (isTrouble(read)) context.addIssue({ code: "custom", message: `${expected}; ${read[hint]}` });
    else if (read === undefined) context.addIssue({ code: "custom", message: expected });
    else return read;
    return z.NEVER;
  });

/** The keys of a mapping, and nothing else: an unknown key's issue carries their list as its message. */
export const mapping = <S extends Readonly<Record<string, z.ZodType>>>(shape: S) =>
  z.strictObject(shape, {
    error: (issue) => {
      const keys = Object.keys(shape).join(", ");
      return issue.code === "unrecognized_keys" ? keys : `a mapping with ${keys}`;
    },
  });

/** A list, or its only element. */
export const listOf = <T extends z.ZodType>(element: T) =>
  z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), z.array(element));

/** The same where an empty list would mean nothing at all. */
export const someOf = <T extends z.ZodType>(element: T) =>
  listOf(element).refine((list) => list.length > 0, { error: "at least one" });

export const text = (expected: string, pattern: RegExp) =>
  leaf(expected, (value) => {
    // A version or a number is a name too: YAML reads `2` as one.
    const written = typeof value === "number" ? String(value) : value;
    return typeof written === "string" && pattern.test(written) ? written : undefined;
  });

export const number = (what: string, min: number, max: number) =>
  leaf(`${what}: a number from ${min} to ${max}`, (value) =>
    typeof value === "number" && value >= min && value <= max ? value : undefined,
  );

export const integer = (what: string, min: number, max: number) =>
  leaf(`${what}: a whole number from ${min} to ${max}`, (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  );

export const flag = (what: string) =>
  leaf(`${what}: true or false`, (value) => (typeof value === "boolean" ? value : undefined));

export const oneOf = <const V extends string>(values: readonly V[]) =>
  leaf(`one of ${values.join(", ")}`, (value) => values.find((known) => known === value));

/** As it may travel in a payload: see schemas/incident-payload.ts. */
export const word = (what: string) =>
  text(`${what}: up to 64 letters, digits, spaces and . : / - _`, /^[\w.:/ -]{1,64}$/);
