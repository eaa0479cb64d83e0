// The embedded stack: Kafka, registry and ClickHouse engine as processes of their own, started together, on free loopback ports.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startClickHouse } from "./clickhouse.ts";
import { javaVersion } from "./java.ts";
import { startKafka } from "./kafka.ts";
import type { Part, PartContext } from "./part.ts";
import { startRegistry } from "./registry.ts";
import { removeWhenUnused } from "./run-folder.ts";

/** Everything that a service needs to know to connect, by the names of its environment variables. */
export interface StackSettings {
  readonly KAFKA_BROKERS: string;
  readonly SCHEMA_REGISTRY_URL: string;
  readonly CLICKHOUSE_URL: string;
  readonly CLICKHOUSE_USER: string;
  readonly CLICKHOUSE_PASSWORD: string;
}

export interface Stack extends AsyncDisposable {
  readonly settings: StackSettings;
  /** Data and logs of this run. */
  readonly dir: string;
  /** Rejects when a part ends by itself. */
  readonly failed: Promise<never>;
}

export interface StackOptions {
  /** Data and logs; removed with the stack, even if this process is killed. Default: a temporary folder. */
  readonly dir?: string;
  /** The folder stays, and the next start finds its data again; the parts are then ended in good order, which takes a second. */
  readonly keep?: boolean;
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Folder of the jars, fetched now if they are not in the cache yet. */
const ensureDownloads = async (signal: AbortSignal | undefined, log: (line: string) => void): Promise<string> => {
  const script = fileURLToPath(new URL("./download.mjs", import.meta.url));
  const running = promisify(execFile)(process.execPath, [script], { signal });
  running.child.stderr?.on("data", (chunk: Buffer | string) => log(String(chunk).trim()));
  const { stdout } = await running.catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new Error("Kafka and the registry could not be fetched", { cause: error });
  });
  return stdout.trim();
};

const secondsSince = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;

export const startStack = async ({
  dir,
  keep = false,
  log = () => undefined,
  signal,
}: StackOptions = {}): Promise<Stack> => {
  const began = performance.now();
  await using opened = new AsyncDisposableStack();
  const folder = dir ?? mkdtempSync(join(tmpdir(), "earshot-"));
  mkdirSync(folder, { recursive: true });
  const hold = keep ? undefined : opened.use(removeWhenUnused(folder)).hold;

  const [downloads, java] = await Promise.all([ensureDownloads(signal, log), javaVersion()]);
  const context: PartContext = { dir: folder, hold, downloads, java, signal };

  let stopping = false;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  /** Killed where the folder goes too; where it stays, ended in good order. */
  const own = <P extends Part>(part: P): P => {
    opened.defer(async () => {
      stopping = true;
      if (keep) await part.stop(15_000);
      else await part[Symbol.asyncDispose]();
    });
    void part.ended.then(() => {
      if (!stopping)
        failure.reject(new Error(`${part.name} ended by itself; its log: ${join(folder, `${part.name}.log`)}`));
    });
    log(`${part.name} ready after ${secondsSince(began)}`);
    return part;
  };
  const started = await Promise.allSettled([
    startKafka(context).then(own),
    startRegistry(context).then(own),
    startClickHouse(context).then(own),
  ]);
  const failed = started.find((result) => result.status === "rejected");
  const [kafka, registry, clickhouse] = started;
  signal?.throwIfAborted();
  if (kafka.status !== "fulfilled" || registry.status !== "fulfilled" || clickhouse.status !== "fulfilled") {
    throw failed?.reason ?? new Error("the stack did not start");
  }
  const owned = opened.move();
  return {
    dir: folder,
    failed: failure.promise,
    settings: {
      KAFKA_BROKERS: kafka.value.brokers,
      SCHEMA_REGISTRY_URL: registry.value.url,
      CLICKHOUSE_URL: clickhouse.value.url,
      CLICKHOUSE_USER: "default",
      CLICKHOUSE_PASSWORD: "",
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
