// A broker that is frozen keeps its connections and answers nothing: services say that they are not ready, and why.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runCommand, startProcess } from "#infra/dev/processes.ts";
import { startStack } from "#infra/embedded/stack.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { freshNamespace } from "#test/helpers/stack.ts";
import { readiness } from "./surroundings.ts";

/** The JVM of the broker whose stack lies in this folder; its shell wrapper has the same arguments. */
const brokerOf = (folder: string): number => {
  const config = join(folder, "kafka", "server.properties");
  const pid = readdirSync("/proc").find((entry) => {
    try {
      const isJava = readFileSync(`/proc/${entry}/comm`, "utf8") === "java\n";
      return isJava && readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0").includes(config);
    } catch {
      return false;
    }
  });
  if (pid === undefined) throw new Error(`no broker runs in ${folder}`);
  return Number(pid);
};

it.runIf(process.platform === "linux")(
  "a frozen broker makes detector and lander not ready, and a thawed one ready again",
  { timeout: 180_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "frozen-test-"));
    await using opened = new AsyncDisposableStack();
    opened.defer(() => rmSync(folder, { recursive: true, force: true }));
    const stack = opened.use(await startStack({ dir: join(folder, "stack") }));
    const env = {
      ...stack.settings,
      ...freshNamespace(),
      EARSHOT_PARTITIONS: "2",
      EARSHOT_REGISTRY_CACHE: join(folder, "schemas"),
    };
    for (const command of ["topics", "schemas", "migrate"]) await runCommand(command, [], env);
    const services = [];
    for (const name of ["detector", "lander"])
      services.push(opened.use(await startProcess(name, env, { logFile: join(folder, `${name}.log`) })));

    const broker = brokerOf(stack.dir);
    process.kill(broker, "SIGSTOP");
    // Whatever fails below, the services can only stop in good order with a broker.
    opened.defer(() => void process.kill(broker, "SIGCONT"));
    for (const service of services)
      await eventually(async () => expect((await readiness(service))["group"]).toMatch(/has not answered for 1\d s/));
    for (const { url } of services) {
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      expect((await fetch(`${url}/livez`)).status).toBe(200);
    }

    process.kill(broker, "SIGCONT");
    for (const { url } of services)
      await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { within: 60_000 });
  },
);
