// Finds loopback ports for servers that cannot choose one themselves.
import { once } from "node:events";
import { createServer } from "node:net";

// Below the range that systems give to outgoing connections (32768 and up), so that no client takes the port in between.
const lowest = 20_000;
const highest = 32_000;

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
};

/** At random, so that two runs which start at once are unlikely to find the same one. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${String(lowest)} and ${String(highest)}`);
};
