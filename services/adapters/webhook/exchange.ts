// One POST and its answer, within two deadlines: connected after 3 s, done after 15 s. Redirects are never followed.
import { addAbortListener, once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import type { Destination } from "#adapters/webhook-port.ts";
import { type DialOptions, dial, resolveBySystem } from "./dial.ts";
import { ExchangeFailed } from "./failure.ts";

export interface Post {
  readonly destination: Destination;
  /** The destination's, vetted, with the path of its kind. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type Answer =
  | {
      readonly status: number;
      readonly retryAfter: string | null /** Of at most 64 kB; never shown. */;
      readonly text: string;
    }
  /** `sent`: bytes of the request went out, so it may have been taken. */
  | { readonly failed: ExchangeFailed; readonly sent: boolean };

/** Throws the signal's reason and nothing else. */
export type Exchange = (post: Post, signal?: AbortSignal) => Promise<Answer>;

export interface ExchangeOptions extends Partial<DialOptions> {
  readonly connectMs?: number;
  readonly totalMs?: number;
}

const readLimit = 65_536;

/** The beginning of the answer; one that breaks off or never ends still had its status. */
const readStart = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= readLimit) break;
    }
  } catch {
    // The status counts.
  }
  return Buffer.concat(chunks).subarray(0, readLimit).toString("utf8");
};

const post = async (socket: Socket, { url, headers, body }: Post, signal: AbortSignal): Promise<Answer> => {
  const outgoing = request({
    createConnection: () => socket,
    method: "POST",
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...headers, "content-length": body.length },
    signal,
  });
  outgoing.on("error", () => undefined);
  const answered = once(outgoing, "response", { signal });
  outgoing.end(body);
  try {
    const [answer] = (await answered) as [IncomingMessage];
    const retryAfter = answer.headers["retry-after"] ?? null;
    return { status: answer.statusCode ?? 0, retryAfter, text: await readStart(answer) };
  } catch (error) {
    const garbled = (error as NodeJS.ErrnoException).code?.startsWith("HPE_") === true;
    throw new ExchangeFailed(garbled ? "bad_answer" : "reset", { cause: error });
  }
};

export const createExchange = (options: ExchangeOptions = {}): Exchange => {
  const { connectMs = 3000, totalMs = 15_000, resolve = resolveBySystem, ca } = options;
  return async (asked, signal) => {
    const stop = new AbortController();
    let late = false;
    const expire = () => {
      late = true;
      stop.abort();
    };
    const connecting = setTimeout(expire, connectMs);
    const total = setTimeout(expire, totalMs);
    using _ = signal === undefined ? undefined : addAbortListener(signal, () => stop.abort());
    let socket: Socket | undefined;
    try {
      socket = await dial(asked.url, asked.destination, { resolve, ca }, stop.signal);
      clearTimeout(connecting);
      return await post(socket, asked, stop.signal);
    } catch (error) {
      signal?.throwIfAborted();
      const sent = socket !== undefined;
      if (late) return { failed: new ExchangeFailed("timeout"), sent };
      if (error instanceof ExchangeFailed) return { failed: error, sent };
      throw error;
    } finally {
      clearTimeout(connecting);
      clearTimeout(total);
      socket?.destroy();
    }
  };
};
