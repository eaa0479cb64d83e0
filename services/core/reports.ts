// Which clients can report an act: where they cannot, there is no trial, or a missing button would read as a falling rate.
import type { Context } from "./context.ts";

interface Rule {
  readonly type: string;
  readonly feature: string;
  readonly version: string;
}

const parseRule = (text: string): Rule => {
  const [, type, feature, version] = /^([a-z-]+)@(.+)\/(.+)$/.exec(text) ?? [];
  if (type === undefined || feature === undefined || version === undefined) {
    throw new RangeError(`unreported: expected type@feature/app_version, not "${text}"`);
  }
  return { type, feature, version };
};

/** `*` fits anything, a trailing one any ending. */
const fits = (pattern: string, value: string | null): boolean => {
  if (pattern === "*") return true;
  if (pattern.endsWith("*")) return value?.startsWith(pattern.slice(0, -1)) === true;
  return pattern === value;
};

export type Reports = (type: string, context: Context) => boolean;

/** Reads the setting `unreported`: `copy@voice/*,stop@*` + `/1.*`. */
export const createReports = (unreported: string): Reports => {
  const rules = unreported
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map(parseRule);
  if (rules.length === 0) return () => true;
  return (type, context) =>
    !rules.some(
      (rule) => rule.type === type && fits(rule.feature, context.feature) && fits(rule.version, context.app_version),
    );
};
