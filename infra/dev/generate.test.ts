// Generated files must be what the code of today generates.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generatedFiles } from "./generate.ts";

test.each(generatedFiles)(
  "$file is up to date (else: npm run generate)",
  { timeout: 30_000 },
  async ({ file, render }) => {
    expect(readFileSync(file, "utf8")).toBe(await render());
  },
);
