// Settings from the environment: typed, parsed once and whole before anything opens, all mistakes reported together.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { AppError } from "./errors.ts";
import { parseBytes, parseDuration } from "./units.ts";

export type Env = Readonly<Record<string, string | undefined>>;

export type SettingKind =
  | "text"
  | "url"
  | "port"
  | "integer"
  | "number"
  | "duration"
  | "bytes"
  | "secret"
  | "choice"
  | "flag";

export interface Setting<T> {
  readonly variable: string;
  readonly kind: SettingKind;
  readonly help: string;
  /** As it would be written in the environment; undefined: none. */
  readonly default: string | undefined;
  readonly required: boolean;
  /** What a right value looks like, as the end of "expected …". */
  readonly expectation: string;
  readonly schema: z.ZodType<T>;
}

export type SettingsDefinition = Readonly<Record<string, Setting<unknown>>>;
export type SettingsOf<D extends SettingsDefinition> = {
  readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : never;
};

export interface Mistake {
  readonly variable: string;
  /** Never that of a secret. */
  readonly value: string | undefined;
  readonly expectation: string;
}

export interface SettingOptions {
  readonly help: string;
  /** As it would be written in the environment. Without one, and not optional, the variable is required. */
  readonly default?: string | number | boolean;
  readonly optional?: boolean;
}
interface RangeOptions extends SettingOptions {
  readonly min?: number;
  readonly max?: number;
}

/** What the setting yields: optional ones may be undefined. */
type Value<T, O extends SettingOptions> = O extends { readonly optional: true } ? T | undefined : T;

/** The one place where a setting is put together; `parse` says undefined for a wrong value. */
const setting = <T, O extends SettingOptions>(
  kind: SettingKind,
  variable: string,
  options: O,
  { expectation, parse }: { readonly expectation: string; readonly parse: (raw: string) => T | undefined },
): Setting<Value<T, O>> => ({
  variable,
  kind,
  help: options.help,
  default: options.default === undefined ? undefined : String(options.default),
  required: options.default === undefined && options.optional !== true,
  expectation,
  schema: z.string().transform((raw, context) => {
    const value = parse(raw);
    if (value !== undefined) return value;
    context.addIssue(expectation);
    return z.NEVER;
  }),
});

const within = (value: number | undefined, { min = 0, max = Number.MAX_SAFE_INTEGER }: RangeOptions) =>
  value !== undefined && value >= min && value <= max ? value : undefined;

const bounds = ({ min, max }: RangeOptions): string => {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
};

const numberOf = (raw: string): number | undefined => (/^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : undefined);
const integerOf = (raw: string): number | undefined => (/^-?\d+$/.test(raw) ? Number(raw) : undefined);

export const text = <const O extends SettingOptions & { readonly pattern?: RegExp; readonly expectation?: string }>(
  variable: string,
  options: O,
) =>
  setting("text", variable, options, {
    expectation: options.expectation ?? "text",
    parse: (value) => (options.pattern?.test(value) === false ? undefined : value),
  });

/** `protocols` without colon; default http and https. A trailing slash is dropped. Credentials have variables of their own. */
export const url = <const O extends SettingOptions & { readonly protocols?: readonly string[] }>(
  variable: string,
  options: O,
) => {
  const protocols = options.protocols ?? ["http", "https"];
  return setting("url", variable, options, {
    expectation: `a URL that begins with ${protocols.map((name) => `${name}://`).join(" or ")}, without user, password or query in it`,
    parse: (value) => {
      const parsed = URL.parse(value);
      if (parsed === null || !protocols.includes(parsed.protocol.slice(0, -1))) return undefined;
      if (parsed.username !== "" || parsed.search !== "") return undefined;
      return value.replace(/\/+$/, "");
    },
  });
};

export const port = <const O extends SettingOptions>(variable: string, options: O) =>
  setting("port", variable, options, {
    expectation: "a port from 0 (any free one) to 65535",
    parse: (value) => within(integerOf(value), { help: "", max: 65_535 }),
  });

/** At least 0 unless `min` says otherwise. */
export const integer = <const O extends RangeOptions>(variable: string, options: O) =>
  setting("integer", variable, options, {
    expectation: `an integer${bounds({ min: 0, ...options })}`,
    parse: (value) => within(integerOf(value), options),
  });

/** At least 0 unless `min` says otherwise. */
export const number = <const O extends RangeOptions>(variable: string, options: O) =>
  setting("number", variable, options, {
    expectation: `a number${bounds({ min: 0, ...options })}`,
    parse: (value) => within(numberOf(value), options),
  });

/** Milliseconds. */
export const duration = <const O extends RangeOptions>(variable: string, options: O) =>
  setting("duration", variable, options, {
    expectation: `a duration such as 500ms, 30s, 10m, 4h or 7d${durationBounds(options)}`,
    parse: (value) => within(parseDuration(value), options),
  });

const durationBounds = ({ min, max }: RangeOptions): string =>
  (min === undefined ? "" : `, at least ${min} ms`) + (max === undefined ? "" : `, at most ${max} ms`);

export const bytes = <const O extends RangeOptions>(variable: string, options: O) =>
  setting("bytes", variable, options, {
    expectation: `a size such as 64KiB, 16MiB or 1GiB`,
    parse: (value) => within(parseBytes(value), options),
  });

/** Also read from the file that `<variable>_FILE` names; never shown in a message. */
export const secret = <const O extends SettingOptions>(variable: string, options: O) =>
  setting("secret", variable, options, {
    expectation: `a secret, here or in the file that ${variable}_FILE names`,
    parse: (value) => value,
  });

export const choice = <const V extends string, const O extends SettingOptions>(
  variable: string,
  values: readonly V[],
  options: O,
) =>
  setting("choice", variable, options, {
    expectation: `one of ${values.join(", ")}`,
    parse: (value) => values.find((known) => known === value),
  });

export const flag = <const O extends SettingOptions>(variable: string, options: O) =>
  setting("flag", variable, options, {
    expectation: "true or false",
    parse: (value) => (value === "true" ? true : value === "false" ? false : undefined),
  });

export const defineSettings = <const D extends SettingsDefinition>(definition: D): D => definition;

interface TableRow {
  readonly name: string;
  readonly env: string;
  readonly kind: "duration" | "number" | "integer" | "rules";
  readonly default: string;
  readonly doc: string;
  /** Rules: whether they can be read, and what readable ones look like. */
  readonly accepts?: (text: string) => boolean;
  readonly expectation?: string;
}

const ofRow = (row: TableRow): Setting<string | number> => {
  const { env, kind, accepts, expectation = "rules" } = row;
  const options = { default: row.default, help: row.doc };
  if (kind === "rules") {
    return setting("text", env, options, {
      expectation,
      parse: (value) => (accepts?.(value) === false ? undefined : value),
    });
  }
  return { duration, number, integer }[kind](env, options);
};

/** Settings from a plain table, such as core's, which may not import this module. */
export const settingsFromTable = <const R extends TableRow>(rows: readonly R[]) =>
  Object.fromEntries(rows.map((row) => [row.name, ofRow(row)])) as {
    readonly [S in R as S["name"]]: Setting<S["kind"] extends "rules" ? string : number>;
  };

/** The same setting where a command can do without it. */
export const optional = <T>(of: Setting<T>): Setting<T | undefined> => ({ ...of, required: false });

/** The value of an optional setting at the point where it is needed after all. */
export const needed = <T>(of: Setting<T>, value: T): NonNullable<T> => {
  if (value === undefined || value === null)
    throw mistaken([{ variable: of.variable, value: undefined, expectation: `${of.expectation} (${of.help})` }]);
  return value;
};

/** What the environment says for one setting; a secret may lie in a file instead. */
const rawValue = (
  of: Setting<unknown>,
  env: Env,
): { readonly text: string | undefined } | { readonly trouble: string } => {
  const given = env[of.variable];
  const file = of.kind === "secret" ? env[`${of.variable}_FILE`] : undefined;
  if (file === undefined || file === "") return { text: given === "" && of.kind !== "secret" ? undefined : given };
  if (given !== undefined && given !== "") return { trouble: `either ${of.variable} or ${of.variable}_FILE, not both` };
  try {
    return { text: readFileSync(file, "utf8").replace(/\r?\n$/, "") };
  } catch (cause) {
    return { trouble: `${of.variable}_FILE to name a readable file (${cause instanceof Error ? cause.message : "?"})` };
  }
};

/** A value as it may be shown: no secret, nor one hidden in a URL. */
const showable = (kind: SettingKind, given: string | undefined): string | undefined =>
  kind === "secret" && given !== undefined
    ? "(hidden)"
    : given?.replace(/\/\/[^/@]*@/, "//(hidden)@").replace(/(:\/\/[^?]*\?).+/s, "$1(hidden)");

const readSetting = (of: Setting<unknown>, env: Env): { readonly value: unknown } | { readonly mistake: Mistake } => {
  const raw = rawValue(of, env);
  if ("trouble" in raw) return { mistake: { variable: of.variable, value: undefined, expectation: raw.trouble } };
  const given = raw.text ?? of.default;
  const shown = showable(of.kind, given);
  if (given === undefined) {
    if (!of.required) return { value: undefined };
    return { mistake: { variable: of.variable, value: shown, expectation: `${of.expectation} (${of.help})` } };
  }
  const parsed = of.schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  return { mistake: { variable: of.variable, value: shown, expectation: of.expectation } };
};

const sentence = ({ variable, value, expectation }: Mistake): string =>
  `  ${variable} ${value === undefined ? "is not set" : `is ${JSON.stringify(value)}`}: expected ${expectation}`;

const mistaken = (mistakes: readonly Mistake[]): AppError => {
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  return new AppError("config", `The configuration has ${count}:\n${mistakes.map(sentence).join("\n")}`, {
    cure: "All variables are described in services/REFERENCE.md; `npm run stack` prints those of a local stack.",
  });
};

/** All settings of a definition, or an AppError `config` that lists every mistake. An empty variable counts as unset. */
export const loadSettings = <D extends SettingsDefinition>(definition: D, env: Env): SettingsOf<D> => {
  const read = Object.entries(definition).map(([name, of]) => ({ name, found: readSetting(of, env) }));
  const mistakes = read.flatMap(({ found }) => ("mistake" in found ? [found.mistake] : []));
  if (mistakes.length > 0) throw mistaken(mistakes);
  return Object.fromEntries(
    read.flatMap(({ name, found }) => ("value" in found ? [[name, found.value]] : [])),
  ) as SettingsOf<D>;
};
