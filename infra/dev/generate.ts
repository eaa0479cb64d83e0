// npm run generate: writes every file that is made from the code. A unit test fails while one is stale.
import { writeFileSync } from "node:fs";
import { renderRecords } from "#schemas/generate.ts";
import { renderKnownVariables } from "./known-variables.ts";
import { renderReference } from "./reference.ts";

interface GeneratedFile {
  readonly file: URL;
  readonly render: () => string | Promise<string>;
}

const fromRoot = (path: string): URL => new URL(`../../${path}`, import.meta.url);

export const generatedFiles: readonly GeneratedFile[] = [
  { file: fromRoot("schemas/generated/records.ts"), render: renderRecords },
  { file: fromRoot("services/runtime/known-variables.generated.ts"), render: renderKnownVariables },
  { file: fromRoot("services/REFERENCE.md"), render: renderReference },
];

if (import.meta.main) for (const { file, render } of generatedFiles) writeFileSync(file, await render());
