// The list of EARSHOT_* variables that anything here reads, so that the runtime can warn about all others.
import { sourceFiles, variablesIn } from "./source-files.ts";

export const renderKnownVariables = (): string => {
  const names = new Set(
    ["services", "infra", "test"].flatMap((folder) => sourceFiles(folder)).flatMap(({ text }) => variablesIn(text)),
  );
  return [
    "// Generated from the source by `npm run generate`; do not edit.\n",
    "/** Every variable that some service, command or script reads. */",
    "export const knownVariables: readonly string[] = [",
    ...[...names].toSorted().map((name) => `  "${name}",`),
    "];\n",
  ].join("\n");
};
