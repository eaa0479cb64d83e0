// A faulty network in front of an HTTP server.
import { createServer, connect as dial, type Socket } from "node:net";

export interface Proxy extends AsyncDisposable {
  /** The target's URL with the proxy's port. */
  readonly url: string;
  /** Cuts every connection and refuses new ones. */
  goAway(): void;
  comeBack(): void;
  /** The next replies are swallowed and their connections cut, after the work was done. */
  loseReplies(count: number): void;
}

export const openProxy = async (target: string): Promise<Proxy> => {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let away = false;
  let lose = 0;
  const server = createServer((client) => {
    if (away) {
      client.destroy();
      return;
    }
    const upstream = dial(Number(port), hostname);
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", cut).on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      lose -= 1;
      if (lose >= 0) cut();
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === "object" ? address?.port : "");
  return {
    url: url.href.replace(/\/$/, ""),
    goAway: () => {
      away = true;
      for (const socket of sockets) socket.destroy();
    },
    comeBack: () => {
      away = false;
    },
    loseReplies: (count) => {
      lose = count;
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
