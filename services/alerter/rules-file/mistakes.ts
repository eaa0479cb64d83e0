// What is wrong in a rules file, where, and what was expected: the one form in which all checks speak.
import type { Lines, Path } from "./document.ts";

export interface Mistake {
  readonly path: Path;
  /** The end of "rules[0].sensitivity …": `is -1`, `is missing`, `is no setting`. */
  readonly found: string;
  /** The end of "expected …". */
  readonly expected: string;
}

const mostShown = 60;

/** A value as it may be quoted. */
export const isValue = (value: unknown): string => {
  if (value === undefined) return "is missing";
  if (value === null) return "is empty";
  const text = JSON.stringify(value);
  return `is ${text.length > mostShown ? `${text.slice(0, mostShown)}…` : text}`;
};

const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");

/** "alerts.yaml:12: rules[0].sensitivity is -1: expected …", in the order of the lines. */
export const describeMistakes = (mistakes: readonly Mistake[], lines: Lines, file: string): readonly string[] =>
  mistakes
    .map((mistake) => ({ ...mistake, line: lines.lineOf(mistake.path) }))
    .toSorted((a, b) => a.line - b.line)
    .map(
      ({ line, path, found, expected }) =>
        `${file}:${line}: ${[pathText(path), found].join(" ").trim()}: expected ${expected}`,
    );
