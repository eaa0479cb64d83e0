// `npm run stack`: the embedded stack alone, until Ctrl-C; its connection settings as export lines on standard output.
import { once } from "node:events";
import { command, execute } from "#runtime/command.ts";
import { text } from "#runtime/config.ts";
import { AppError, toError } from "#runtime/errors.ts";
import { startStack } from "./stack.ts";

const stack = command({
  name: "stack",
  summary:
    "Starts Kafka, a schema registry and the ClickHouse engine without Docker, and prints the settings that connect to them. Ctrl-C stops them and removes their data.",
  settings: {
    cache: text("EARSHOT_CACHE", { optional: true, help: "folder of the downloads; unset: ~/.cache/earshot" }),
  },
  options: {},
  run: async ({ own, say, out, stopping }) => {
    const explain = (thrown: unknown): never => {
      stopping.throwIfAborted();
      throw new AppError("failed", "The stack is down", { cause: toError(thrown) });
    };
    const running = own(await startStack({ log: say, signal: stopping }).catch(explain));
    for (const [name, value] of Object.entries(running.settings))
      await out.write(`export ${name}='${String(value)}'\n`);
    say(`The stack is up; its logs are in ${running.dir}. Ctrl-C stops it and removes its data.`);
    if (!stopping.aborted) await Promise.race([once(stopping, "abort"), running.failed.catch(explain)]);
    say("Stopping…");
  },
});

await execute(stack);
