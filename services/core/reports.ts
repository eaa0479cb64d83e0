// Which clients can report an act: where they cannot, there is no trial, or a missing button would read as a falling rate.
import type { Context } from "./context.ts";

interface Rule {
  readonly type: string;
  readonly feature: string;
  readonly version: string;
}

const ruleForm = /^(copy|share|regenerate|edit|stop)@(.+)\/(.+)$/;

const parseRule = (text: string): Rule | undefined => {
  const [, type, feature, version] = ruleForm.exec(text) ?? [];
  if (type === undefined || feature === undefined || version === undefined) return undefined;
  return { type, feature, version };
};

const rulesIn = (unreported: string): readonly (Rule | undefined)[] =>
  unreported
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map(parseRule);

/** Whether the setting `unreported` can be read. */
export const isUnreported = (text: string): boolean => !rulesIn(text).includes(undefined);

/** `*` fits anything, a trailing one any ending. */
const fits = (pattern: string, value: string | null): boolean => {
  if (pattern === "*") return true;
  if (pattern.endsWith("*")) return value?.startsWith(pattern.slice(0, -1)) === true;
  return pattern === value;
};

export type Reports = (type: string, context: Context) => boolean;

/** Reads the setting `unreported`: `copy@voice/*,stop@*` + `/1.*`. */
export const createReports = (unreported: string): Reports => {
  const rules = rulesIn(unreported).filter((rule) => rule !== undefined);
  if (rules.length === 0) return () => true;
  return (type, context) =>
    !rules.some(
      (rule) => rule.type === type && fits(rule.feature, context.feature) && fits(rule.version, context.app_version),
    );
};
