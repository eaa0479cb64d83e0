// The few questions that the store's twin can answer: columns, counts and extremes of one table under equalities.
//
//   SELECT item, … FROM table [WHERE column = {name:Type} AND …] [LIMIT n]
//   item: *, column, integer, count(), min|max|sum(column), each with an optional `+ integer` and `AS name`
import type { Row } from "./store-table.ts";

export interface MemoryQuery {
  readonly table: string;
  run(rows: readonly Row[], params: Readonly<Record<string, unknown>>): Record<string, unknown>[];
}

const shape = /^\s*SELECT\s+(.+?)\s+FROM\s+(\w+)(?:\s+WHERE\s+(.+?))?(?:\s+LIMIT\s+(\d+))?\s*;?\s*$/is;
const itemShape = /^(?:(\*)|(count|min|max|sum)\((\w*)\)|(\w+))(?:\s*\+\s*(\d+))?(?:\s+AS\s+(\w+))?$/i;
const conditionShape = /^(\w+)\s*=\s*\{(\w+):[^}]+\}$/;

const refuse = (sql: string): never => {
  throw new Error(`the store's twin does not know this query: ${sql}`);
};

type Params = Readonly<Record<string, unknown>>;
type Condition = (row: Row, params: Params) => boolean;

const parseCondition = (text: string, sql: string): Condition => {
  const [, column, param] = conditionShape.exec(text.trim()) ?? [];
  if (column === undefined || param === undefined) return refuse(sql);
  return (row, params) => row[column] === params[param];
};

interface Item {
  readonly name: string;
  /** Of a whole set of rows: count(), max(…). */
  readonly aggregate: boolean;
  value(rows: readonly Row[]): unknown;
}

const aggregates: Readonly<Record<string, (values: readonly number[]) => number>> = {
  count: (values) => values.length,
  min: (values) => values.reduce((least, value) => Math.min(least, value), values[0] ?? 0),
  max: (values) => values.reduce((most, value) => Math.max(most, value), 0),
  sum: (values) => values.reduce((total, value) => total + value, 0),
};

const parseItem = (text: string, sql: string): Item => {
  const [, , aggregate, of = "", plain, plus, alias] = itemShape.exec(text.trim()) ?? [];
  const name = alias ?? text.trim();
  const more = Number(plus ?? 0);
  const combine = aggregates[aggregate?.toLowerCase() ?? ""];
  if (combine !== undefined)
    return { name, aggregate: true, value: (rows) => combine(rows.map((row) => Number(row[of]))) + more };
  if (plain === undefined) return refuse(sql);
  const literal = /^\d+$/.test(plain) ? Number(plain) : undefined;
  return {
    name,
    aggregate: false,
    value: ([row]) => {
      const value = literal ?? row?.[plain];
      return more === 0 ? value : Number(value) + more;
    },
  };
};

export const parseMemoryQuery = (sql: string): MemoryQuery => {
  const [, list, table, where, limit] = shape.exec(sql) ?? [];
  if (list === undefined || table === undefined) return refuse(sql);
  const conditions = where === undefined ? [] : where.split(/\s+AND\s+/i).map((text) => parseCondition(text, sql));
  const items = list.trim() === "*" ? [] : list.split(",").map((text) => parseItem(text, sql));
  const project = (rows: readonly Row[]): Record<string, unknown> =>
    items.length === 0 ? { ...rows[0] } : Object.fromEntries(items.map((item) => [item.name, item.value(rows)]));
  return {
    table,
    run(rows, params) {
      const found = rows.filter((row) => conditions.every((holds) => holds(row, params)));
      if (items.some((item) => item.aggregate)) return [project(found)];
      return found.slice(0, limit === undefined ? undefined : Number(limit)).map((row) => project([row]));
    },
  };
};
