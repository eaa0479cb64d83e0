// The README against the project: its examples are the files that were run, its commands and questions exist, none is missing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const readme = file("README.md");

it.each(["producer.ts", "producer.py"])("shows %s as it is", (name) => {
  expect(readme).toContain(file(`test/guide/${name}`).trimEnd());
});

it("names every command", () => {
  const { scripts } = JSON.parse(file("package.json")) as { scripts: Record<string, string> };
  const inner = new Set(["format", "generate", "idf"]);
  const missing = Object.keys(scripts).filter(
    (name) =>
      !inner.has(name) &&
      !readme.includes(`\`${name}`) &&
      !readme.includes(`npm run ${name}`) &&
      !readme.includes(`npm ${name}`),
  );
  expect(missing).toEqual([]);
});

it("lists every named question", () => {
  const listed = [...readme.matchAll(/^\| `([a-z-]+)` \| .*\? ?.*\|$/gm)].map(([, name]) => name);
  const known = readdirSync(new URL("../../schemas/clickhouse/queries/", import.meta.url))
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.replace(".sql", ""));
  expect(new Set(listed).isSupersetOf(new Set(known))).toBe(true);
});

it("links to files that exist", () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? "");
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
});
