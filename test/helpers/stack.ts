// What an integration test knows of the stack: how to connect, and names that no other test uses.
import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import type { StackSettings } from "#infra/embedded/stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly stack: StackSettings;
  }
}

/** Connection settings by the names of their environment variables. */
export const stackSettings = (): StackSettings => inject("stack");

export interface Namespace {
  readonly EARSHOT_TOPIC_PREFIX: string;
  readonly EARSHOT_GROUP_PREFIX: string;
  readonly CLICKHOUSE_DATABASE: string;
}

/** Topics, groups and a database of its own for one test, so that tests share a stack and still do not meet. */
export const freshNamespace = (): Namespace => {
  const unique = `t${randomUUID().slice(0, 8)}`;
  return {
    EARSHOT_TOPIC_PREFIX: `${unique}.`,
    EARSHOT_GROUP_PREFIX: `${unique}.`,
    CLICKHOUSE_DATABASE: `earshot_${unique}`,
  };
};
