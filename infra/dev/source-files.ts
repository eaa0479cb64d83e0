// The project's own source text, for whatever is generated from it.
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Code below a folder, without tests and generated files, in path order. */
export const sourceFiles = (folder: string): readonly SourceFile[] =>
  globSync(`${folder}/**/*.{ts,mjs}`, { cwd: root })
    .filter((path) => !/\.(test|generated)\.ts$/.test(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(`${root}${path}`, "utf8") }));

/** The EARSHOT_* variables that a text names. */
export const variablesIn = (text: string): readonly string[] =>
  text.match(/\bEARSHOT_[A-Z][A-Z0-9_]*[A-Z0-9]\b/g) ?? [];
