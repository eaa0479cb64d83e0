// Notices misspelt EARSHOT_* variables, which would otherwise be ignored in silence.
import type { Env } from "./config.ts";
import { knownVariables } from "./known-variables.generated.ts";

/** Edits (insert, delete, replace) from one word to the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};

/** One sentence for each EARSHOT_* variable that nothing reads, with the nearest name that something does. */
export const unknownVariables = (env: Env, known: readonly string[] = knownVariables): readonly string[] =>
  Object.keys(env)
    // A secret may also come as NAME_FILE.
    .filter(
      (name) => name.startsWith("EARSHOT_") && !known.includes(name) && !known.includes(name.replace(/_FILE$/, "")),
    )
    .map((name) => {
      const nearest = known
        .filter((candidate) => candidate.startsWith("EARSHOT_"))
        .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
        .toSorted((a, b) => a.edits - b.edits)[0];
      const hint = nearest === undefined ? "" : `; did you mean ${nearest.candidate}?`;
      return `${name} is set, but nothing reads it${hint}`;
    });
