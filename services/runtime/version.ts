// The version of the code that runs, from package.json.
import { readFileSync } from "node:fs";

const file = new URL("../../package.json", import.meta.url);

export const codeVersion = (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
