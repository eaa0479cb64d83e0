// The same three systems from images, as the compose files describe them: EARSHOT_STACK=containers, for those who have Docker.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DockerComposeEnvironment } from "testcontainers";
import { freePort } from "#infra/embedded/ports.ts";
import type { Stack } from "#infra/embedded/stack.ts";

const compose = fileURLToPath(new URL("../../infra/compose/", import.meta.url));
const parts = ["kafka", "registry", "clickhouse"] as const;

/** On free ports and under a project name of its own, so that it disturbs neither another run nor a `docker compose up`. */
export const startContainers = async (): Promise<Pick<Stack, "settings" | typeof Symbol.asyncDispose>> => {
  const [kafka, registry, clickhouse] = [await freePort(), await freePort(), await freePort()];
  const files = parts.map((name) => resolve(compose, `${name}.yml`));
  const password = "earshot";
  const running = await new DockerComposeEnvironment(compose, files)
    .withEnvironment({
      KAFKA_PORT: String(kafka),
      REGISTRY_PORT: String(registry),
      CLICKHOUSE_PORT: String(clickhouse),
      CLICKHOUSE_PASSWORD: password,
    })
    // Returns when all are healthy as the compose files define it.
    .withClientOptions({ commandOptions: ["--wait"] })
    .up([...parts]);
  return {
    settings: {
      KAFKA_BROKERS: `127.0.0.1:${String(kafka)}`,
      SCHEMA_REGISTRY_URL: `http://127.0.0.1:${String(registry)}/apis/ccompat/v7`,
      CLICKHOUSE_URL: `http://127.0.0.1:${String(clickhouse)}`,
      CLICKHOUSE_USER: "earshot",
      CLICKHOUSE_PASSWORD: password,
    },
    [Symbol.asyncDispose]: async () => void (await running.down({ removeVolumes: true })),
  };
};
