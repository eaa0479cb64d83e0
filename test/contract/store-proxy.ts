// A proxy between the store and ClickHouse that loses requests or replies to order: what networks do, made repeatable.
import { once } from "node:events";
import {
  type Agent,
  createServer,
  Agent as HttpAgent,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export type Mishap = "refuse" | "reset" | "hang";

export interface StoreProxy extends AsyncDisposable {
  readonly url: string;
  /** What befalls the next insert. */
  failNext(how: Mishap): void;
  goAway(): void;
  comeBack(): void;
}

const isInsert = ({ url }: IncomingMessage): boolean =>
  (new URL(url ?? "/", "http://proxy").searchParams.get("query") ?? "").startsWith("INSERT");

/** Passes a request on; `reply` false: it is carried out, and nobody hears of it. */
const pass = (target: URL, agent: Agent, incoming: IncomingMessage, outgoing: ServerResponse, reply: boolean): void => {
  const { method, url, headers } = incoming;
  const { hostname: host, port } = target;
  const onward = request({ host, port, method, path: url, headers: { ...headers, host: target.host }, agent });
  onward.on("response", (answer) => {
    if (reply) {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      return;
    }
    answer.resume().on("end", () => outgoing.destroy());
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
};

export const openStoreProxy = async (target: string): Promise<StoreProxy> => {
  const mishaps: Mishap[] = [];
  let away = false;
  const agent = new HttpAgent({ keepAlive: false });

  const server = createServer((incoming, outgoing) => {
    const mishap = isInsert(incoming) ? mishaps.shift() : undefined;
    if (away || mishap === "refuse") incoming.socket.destroy();
    else if (mishap === "hang") incoming.resume();
    else pass(new URL(target), agent, incoming, outgoing, mishap !== "reset");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failNext: (how) => void mishaps.push(how),
    goAway: () => void (away = true),
    comeBack: () => void (away = false),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      agent.destroy();
    },
  };
};
