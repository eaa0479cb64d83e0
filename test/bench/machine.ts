// What a figure was measured on, and the statistics in which it is told.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem, type } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly java: string;
  readonly kafka: string;
  readonly clickhouse: string;
  readonly commit: string;
}

const firstLine = (command: string, args: readonly string[]): string => {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n")[0] ?? "";
  } catch {
    return "unknown";
  }
};

const packageVersion = (name: string): string => {
  const text = readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
};

export const describeMachine = (kafka: string): Machine => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: type(),
  node: process.version,
  java: firstLine("java", ["--version"]),
  kafka,
  clickhouse: `chdb ${packageVersion("chdb")}`,
  commit: firstLine("git", ["rev-parse", "--short", "HEAD"]),
});

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Nearest-rank quantile; NaN of nothing. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
};
