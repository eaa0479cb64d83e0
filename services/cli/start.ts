// npm start -- <service>: runs one service in this process; without a name it lists them.
import { existsSync, readdirSync, readFileSync } from "node:fs";

const services = new URL("../", import.meta.url);

const mainOf = (name: string): URL => new URL(`${name}/main.ts`, services);

const names = (): readonly string[] =>
  readdirSync(services)
    .filter((name) => existsSync(mainOf(name)) && existsSync(new URL(`${name}/service.ts`, services)))
    .toSorted();

/** What a service is for: the first line of its service.ts says so. */
const purposeOf = (name: string): string => {
  const [first] = readFileSync(new URL(`${name}/service.ts`, services), "utf8").split("\n");
  return (first ?? "").replace(/^\/\/ */, "");
};

const usage = (): string => {
  const width = Math.max(...names().map((name) => name.length));
  const list = names().map((name) => `  ${name.padEnd(width)}  ${purposeOf(name)}`);
  return `Usage: npm start -- <service>\n\nServices:\n${list.join("\n")}\n\nTheir settings are environment variables: services/REFERENCE.md.\n`;
};

const start = async ([name, ...rest]: readonly string[]): Promise<void> => {
  if (name === "--help" || name === "-h") {
    process.stdout.write(usage());
    return;
  }
  if (name !== undefined && rest.length === 0 && names().includes(name)) {
    // Its last line is `await run(…)`, which owns signals and the exit.
    await import(mainOf(name).href);
    return;
  }
  const said = name === undefined ? "Which service?" : `No service ${[name, ...rest].join(" ")}.`;
  process.stderr.write(`${said}\n${usage()}`);
  process.exitCode = 2;
};

if (import.meta.main) await start(process.argv.slice(2));
