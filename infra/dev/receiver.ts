// A webhook receiver on loopback for demo and tests: keeps what came, checks signatures, and misbehaves to order.
import { hash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { parseSecret, type Verdict, verifySignature } from "#adapters/webhook/signature.ts";

/**
 * What befalls a request once it was read whole. `reset`: no answer, connection gone; `hang`: no answer, connection open;
 * `gigabyte`: 200 and a body without end; `trickle`: 200 and a body that stops half-way; `garbage`: no HTTP at all.
 */
export type Behaviour =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Answers only then; until it resolves the request hangs. */
      readonly after?: Promise<unknown>;
    }
  | "reset"
  | "hang"
  | "gigabyte"
  | "trickle"
  | "garbage";

export interface Received {
  /** Notification id; empty where the kind of destination has none. */
  readonly id: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bodySha256: string;
  readonly signature: Verdict;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** In order of arrival, repeats included. */
  readonly received: readonly Received[];
  /** Bytes of answers written so far. */
  readonly written: number;
  /** For the next requests, in order; without any left: 200. */
  next(...behaviours: readonly Behaviour[]): void;
}

export interface ReceiverOptions {
  /** `whsec_…`, any of which may have signed. */
  readonly secrets?: readonly string[];
  readonly port?: number;
  /** PEM; without: plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly onReceived?: (received: Received) => void;
}

const chunk = Buffer.alloc(65_536, "x");
const gigabyte = 1_073_741_824;

const endless = function* (count: (bytes: number) => void): Generator<Buffer> {
  for (let left = gigabyte; left > 0; left -= chunk.length) {
    count(chunk.length);
    yield chunk;
  }
};

const behave = (how: Behaviour, answer: ServerResponse, count: (bytes: number) => void): void => {
  if (typeof how === "object") {
    const reply = (): unknown => answer.writeHead(how.status, how.headers).end(how.body ?? "");
    if (how.after === undefined) reply();
    else void how.after.then(reply);
  } else if (how === "reset") answer.destroy();
  else if (how === "gigabyte") pipeline(endless(count), answer).catch(() => undefined);
  else if (how === "trickle") answer.writeHead(200).write("never more");
  else if (how === "garbage") answer.socket?.end("what is HTTP?\r\n\r\n");
};

const singleHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );

export const openReceiver = async ({
  secrets = [],
  port = 0,
  tls,
  onReceived,
}: ReceiverOptions = {}): Promise<Receiver> => {
  const keys = secrets.flatMap((secret) => parseSecret(secret) ?? []);
  const received: Received[] = [];
  const behaviours: Behaviour[] = [];
  let written = 0;

  const take = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await incoming.toArray());
    const headers = singleHeaders(incoming);
    const one: Received = {
      id: headers["webhook-id"] ?? "",
      path: incoming.url ?? "",
      headers,
      body: body.toString("utf8"),
      bodySha256: hash("sha256", body, "hex"),
      signature: verifySignature(keys, headers, body, Math.floor(Date.now() / 1000)),
    };
    received.push(one);
    onReceived?.(one);
    behave(behaviours.shift() ?? { status: 200 }, answer, (bytes) => {
      written += bytes;
    });
  };

  const listener = (incoming: IncomingMessage, answer: ServerResponse): void => {
    // A sender that breaks off in the middle of its request has sent nothing.
    take(incoming, answer).catch(() => answer.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;

  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${bound}`,
    port: bound,
    received,
    get written() {
      return written;
    },
    next: (...more) => void behaviours.push(...more),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
};
