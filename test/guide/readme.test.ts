// README and maps against the project: examples are the files that were run, commands, questions and links exist, none is missing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const readme = file("README.md");

it.each(["producer.ts", "producer.py", "verify.ts", "verify.py", "verify.sh"])("shows %s as it is", (name) => {
  expect(readme).toContain(file(`test/guide/${name}`).trimEnd());
});

it("has no place left to fill in", () => {
  expect(readme).not.toMatch(/@@|TODO|<!--/);
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

it.each(["README.md", "CONTRIBUTING.md", "services/README.md", "schemas/README.md"])(
  "%s links to what exists",
  (page) => {
    const links = [...file(page).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? "");
    const from = new URL(`../../${page}`, import.meta.url);
    expect(links.filter((path) => !existsSync(new URL(path, from)))).toEqual([]);
  },
);

it("has every folder of services/ on the map", () => {
  const map = file("services/README.md");
  const folders = readdirSync(new URL("../../services/", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(folders.filter((name) => !map.includes(`| [\`${name}\`](${name}) |`))).toEqual([]);
});
