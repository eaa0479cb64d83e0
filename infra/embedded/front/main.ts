// The chDB front as a process: calls into chDB block for long, and its crash must stay its own.
import type { AddressInfo } from "node:net";
import { openEngine } from "./engine.ts";
import { createFront } from "./server.ts";

const [folder, port = "0", host = "127.0.0.1"] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: main.ts FOLDER [PORT] [HOST]");

const engine = await openEngine(folder);
const server = createFront(engine);
server.listen(Number(port), host, () => {
  const { address, port: actual } = server.address() as AddressInfo;
  process.stdout.write(`ready: http://${address}:${String(actual)} (ClickHouse ${engine.version})\n`);
});

process.once("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
  void engine[Symbol.asyncDispose]().then(() => process.exit(0));
});
