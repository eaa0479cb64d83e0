// Notices misspelt EARSHOT_* variables, which would otherwise be ignored in silence.
import type { Env } from "./config.ts";
import { knownVariables } from "./known-variables.generated.ts";
import { nearest } from "./nearest.ts";

/** One sentence for each EARSHOT_* variable that nothing reads, with the nearest name that something does. */
export const unknownVariables = (env: Env, known: readonly string[] = knownVariables): readonly string[] =>
  Object.keys(env)
    // A secret may also come as NAME_FILE.
    .filter(
      (name) => name.startsWith("EARSHOT_") && !known.includes(name) && !known.includes(name.replace(/_FILE$/, "")),
    )
    .map((name) => {
      const [meant] = nearest(
        name,
        known.filter((candidate) => candidate.startsWith("EARSHOT_")),
        1,
      );
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      return `${name} is set, but nothing reads it${hint}`;
    });
