// Starts the stack once for a whole run of integration tests, tells the tests how to connect, and fails a run that leaves something behind.
import type { TestProject } from "vitest/node";
import { type Stack, type StackSettings, startStack } from "#infra/embedded/stack.ts";
import { watchLeaks } from "./leaks.ts";

type RunningStack = Pick<Stack, "settings" | typeof Symbol.asyncDispose>;

const fromEnvironment = (name: keyof StackSettings, otherwise?: string): string => {
  const value = process.env[name] ?? otherwise;
  if (value === undefined) throw new Error(`EARSHOT_STACK=external needs ${name} in the environment`);
  return value;
};

/** Someone else's stack: its settings come from the environment. */
const externalStack = (): RunningStack => ({
  settings: {
    KAFKA_BROKERS: fromEnvironment("KAFKA_BROKERS"),
    SCHEMA_REGISTRY_URL: fromEnvironment("SCHEMA_REGISTRY_URL"),
    CLICKHOUSE_URL: fromEnvironment("CLICKHOUSE_URL"),
    CLICKHOUSE_USER: fromEnvironment("CLICKHOUSE_USER", "default"),
    CLICKHOUSE_PASSWORD: fromEnvironment("CLICKHOUSE_PASSWORD", ""),
  },
  [Symbol.asyncDispose]: async () => undefined,
});

const openStack = async (): Promise<RunningStack> => {
  const choice = process.env["EARSHOT_STACK"] ?? "embedded";
  switch (choice) {
    case "embedded":
      return await startStack({ log: (line) => process.stderr.write(`stack: ${line}\n`) });
    case "containers": {
      // Loaded only here: testcontainers looks for a Docker as soon as it is imported.
      const { startContainers } = await import("./containers.ts");
      return await startContainers();
    }
    case "external":
      return externalStack();
    default:
      throw new Error(`EARSHOT_STACK is "${choice}"; it may be embedded, containers or external`);
  }
};

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const leaks = watchLeaks();
  const stack = await openStack();
  project.provide("stack", stack.settings);
  return async () => {
    await stack[Symbol.asyncDispose]();
    await leaks.check();
  };
};
