// The versions of the embedded stack's parts, read from where they are pinned.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const pom = readFileSync(new URL("./pom.xml", import.meta.url), "utf8");

const pinned = (property: string): string => {
  const version = new RegExp(`<${property}>([^<]+)</${property}>`).exec(pom)?.[1];
  if (version === undefined) throw new Error(`infra/embedded/pom.xml names no ${property}`);
  return version;
};

const { version: chdb } = createRequire(import.meta.url)("chdb/package.json") as { version: string };

export const versions = {
  kafka: pinned("kafka.version"),
  apicurio: pinned("apicurio.version"),
  chdb,
  node: process.versions.node,
} as const;
