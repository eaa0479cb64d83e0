// Apicurio as the schema registry, its ids in a file of the run's folder: in memory a restart would hand them out anew.
import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startJava } from "./java.ts";
import type { Part, PartContext } from "./part.ts";

export const startRegistry = async (context: PartContext): Promise<Part & { url: string }> => {
  const { dir, downloads, java } = context;
  const home = join(downloads, "registry");
  const runner = readdirSync(home).find((name) => name.endsWith("-runner.jar"));
  if (runner === undefined)
    throw new Error("the downloaded registry has no runner: remove the cache and run this again");
  const folder = join(dir, "registry");
  await mkdir(folder, { recursive: true });
  const part = await startJava({
    ...context,
    name: "registry",
    java,
    classPath: [join(home, runner)],
    mainClass: "io.quarkus.runner.GeneratedMain",
    // C1 alone: it answers a few requests a minute.
    jvm: [
      "-Xmx160m",
      "-XX:TieredStopAtLevel=1",
      "-Dquarkus.http.host=127.0.0.1",
      "-Dquarkus.http.port=0",
      "-Dquarkus.banner.enabled=false",
    ],
    args: [],
    env: { REGISTRY_DATASOURCE_URL: `jdbc:h2:file:${join(folder, "store")}` },
    ready: /Listening on: (http:\/\/[\d.:]+)/,
    within: 60_000,
  });
  const url = `${part.said}/apis/ccompat/v7`;
  try {
    const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`the registry answered ${String(answer.status)} to its first request`);
    return { ...part, url };
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
};
