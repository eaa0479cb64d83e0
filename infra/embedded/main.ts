// `npm run stack`: the embedded stack alone, until Ctrl-C; its connection settings as export lines on standard output.
import { startStack } from "./stack.ts";

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort(new Error(`stopped by ${signal}`));
  });
}

const say = (line: string) => process.stderr.write(`${line}\n`);

try {
  await using stack = await startStack({ log: say, signal: stopping.signal });
  for (const [name, value] of Object.entries(stack.settings))
    process.stdout.write(`export ${name}='${String(value)}'\n`);
  say(`The stack is up; its logs are in ${stack.dir}. Ctrl-C stops it and removes its data.`);
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
  await Promise.race([stopped, stack.failed]);
  say("Stopping…");
} catch (error) {
  if (!stopping.signal.aborted) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
process.exit();
