// npm start -- <service>: runs one service in this process; without a name it lists them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { environmentHelp } from "#runtime/command.ts";
import type { SettingsDefinition } from "#runtime/config.ts";
import type { Service } from "#runtime/service.ts";
import { httpSettings, logSettings } from "#runtime/shared-settings.ts";

const services = new URL("../", import.meta.url);

const mainOf = (name: string): URL => new URL(`${name}/main.ts`, services);

const serviceOf = (name: string): URL => new URL(`${name}/service.ts`, services);

const names = (): readonly string[] =>
  readdirSync(services)
    .filter((name) => existsSync(mainOf(name)) && existsSync(serviceOf(name)))
    .toSorted();

/** What a service is for: the first line of its service.ts says so. */
const purposeOf = (name: string): string => {
  const [first] = readFileSync(serviceOf(name), "utf8").split("\n");
  return (first ?? "").replace(/^\/\/ */, "");
};

const usage = (): string => {
  const width = Math.max(...names().map((name) => name.length));
  const list = names().map((name) => `  ${name.padEnd(width)}  ${purposeOf(name)}`);
  return `Usage: npm start -- <service>\n\nServices:\n${list.join("\n")}\n\nTheir settings are environment variables: <service> --help, or services/REFERENCE.md.\n`;
};

/** The settings of whatever `service(…)` the module describes. */
const settingsOf = async (name: string): Promise<SettingsDefinition> => {
  const module = (await import(serviceOf(name).href)) as Readonly<Record<string, Partial<Service>>>;
  return Object.values(module).find((value) => value.name === name)?.settings ?? {};
};

const helpFor = async (name: string): Promise<string> => {
  const settings = { ...(await settingsOf(name)), ...httpSettings, ...logSettings };
  return `Usage: npm start -- ${name}\n\n${purposeOf(name)}\n${environmentHelp(settings)}`;
};

const isHelp = (argument: string | undefined): boolean => argument === "--help" || argument === "-h";

const refuse = (message: string): void => {
  process.stderr.write(`${message}\n${usage()}`);
  process.exitCode = 2;
};

const start = async ([name, ...rest]: readonly string[]): Promise<void> => {
  if (isHelp(name)) return void process.stdout.write(usage());
  if (name === undefined) return refuse("Which service?");
  if (!names().includes(name)) return refuse(`No service ${name}.`);
  if (isHelp(rest[0])) return void process.stdout.write(await helpFor(name));
  if (rest.length > 0) return refuse(`${name} takes no arguments, but got: ${rest.join(" ")}`);
  // Its last line is `await run(…)`, which owns signals and the exit.
  await import(mainOf(name).href);
};

if (import.meta.main) await start(process.argv.slice(2));
