// The analysts' named questions: SQL files whose head says what they answer and which parameters they take.
//
//   -- Which feature was worst last quarter, by tier?
//   --   days UInt32 = 92    how far back
//   SELECT … WHERE ts >= … - toIntervalDay({days:UInt32})
import { readdirSync, readFileSync } from "node:fs";

export interface QueryParam {
  readonly name: string;
  /** ClickHouse type, as in the SQL. */
  readonly type: string;
  /** `now` stands for the present moment. */
  readonly default: string;
  readonly help: string;
}

export interface NamedQuery {
  readonly name: string;
  readonly question: string;
  readonly params: readonly QueryParam[];
  /** Without the head. */
  readonly sql: string;
}

const folder = new URL("./queries/", import.meta.url);
const ending = ".sql";
const paramLine = /^-- {3}(\w+) (\S+) = (\S+) {4}(.+)$/;
const headLine = /^-- ?(.*)$/;

const parse = (name: string, text: string): NamedQuery => {
  const lines = text.trim().split("\n");
  const head = lines.filter((line) => headLine.test(line));
  const params = head.flatMap((line) => {
    const [, param, type, value, help] = paramLine.exec(line) ?? [];
    if (param === undefined || type === undefined || value === undefined || help === undefined) return [];
    return [{ name: param, type, default: value, help }];
  });
  return {
    name,
    question: head
      .filter((line) => !paramLine.test(line))
      .map((line) => headLine.exec(line)?.[1] ?? "")
      .join(" "),
    params,
    sql: lines.filter((line) => !headLine.test(line)).join("\n"),
  };
};

export const readQueries = (): readonly NamedQuery[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .toSorted()
    .map((file) => parse(file.slice(0, -ending.length), readFileSync(new URL(file, folder), "utf8")));

/** As ClickHouse reads a DateTime('UTC') parameter. */
const formatTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

const boundTime = (text: string, now: number): string | undefined => {
  if (text === "now") return formatTime(now);
  // Without a zone it is UTC, as everything in the tables.
  const time = Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(text) ? text : `${text.trim().replace(" ", "T")}Z`);
  return Number.isNaN(time) ? undefined : formatTime(time);
};

const boundNumber = (text: string, integer: boolean): string | undefined =>
  (integer ? /^\d+$/ : /^\d+(\.\d+)?$/).test(text) ? text : undefined;

const boundValue = ({ type }: QueryParam, text: string, now: number): string | undefined => {
  if (type.startsWith("DateTime")) return boundTime(text, now);
  return type === "String" ? text : boundNumber(text, type.startsWith("UInt"));
};

/** What a value of the parameter looks like, as the end of "expected …". */
export const expectationOf = ({ type, default: preset, help }: QueryParam, now: number): string =>
  `${type} such as ${preset === "now" ? new Date(now).toISOString().slice(0, 16) : preset} (${help})`;

export type Bound = { readonly params: Readonly<Record<string, string>> } | { readonly mistakes: readonly string[] };

/** A value for each parameter: the given one, else the default. */
export const bindParams = (query: NamedQuery, given: ReadonlyMap<string, string>, now: number): Bound => {
  const known = new Set(query.params.map(({ name }) => name));
  const mistakes = [...given.keys()]
    .filter((name) => !known.has(name))
    .map((name) => `${query.name} has no parameter ${name}; it has ${[...known].join(", ")}`);
  const params: Record<string, string> = {};
  for (const param of query.params) {
    const text = given.get(param.name) ?? param.default;
    const value = boundValue(param, text, now);
    if (value === undefined) mistakes.push(`${param.name} is "${text}": expected ${expectationOf(param, now)}`);
    else params[param.name] = value;
  }
  return mistakes.length > 0 ? { mistakes } : { params };
};
