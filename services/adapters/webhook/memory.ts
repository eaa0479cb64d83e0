// The in-process twin of the receivers: the real sender over no network, answers to order, everything taken in a list.

import type { Sender } from "#adapters/webhook-port.ts";
import { type Clock, systemClock } from "#runtime/clock.ts";
import { ExchangeFailed, type FailureCode } from "./failure.ts";
import { createSender } from "./sender.ts";

/** What befalls a request. `reset`: taken, and the answer lost; `hang`: taken, and no answer before the deadline. */
export type Reply =
  | { readonly status: number; readonly retryAfter?: string; readonly text?: string }
  | "reset"
  | "hang"
  | Extract<FailureCode, "dns" | "connect" | "tls" | "blocked_address">;

export interface Taken {
  readonly destination: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface MemoryInbox {
  readonly sender: Sender;
  /** All that receivers took, repeats included. */
  readonly taken: readonly Taken[];
  /** For the next requests to a destination, in order; without any left: 200. */
  next(destination: string, ...replies: readonly Reply[]): void;
  /** For all requests to it from now on; undefined: 200 again. */
  always(destination: string, reply: Reply | undefined): void;
}

export const createMemoryInbox = (clock: Clock = systemClock): MemoryInbox => {
  const taken: Taken[] = [];
  const queues = new Map<string, Reply[]>();
  const standing = new Map<string, Reply>();

  const sender = createSender(async ({ destination: { name }, url, headers, body }, signal) => {
    // As over a network: an answer never comes in the same turn.
    await Promise.resolve();
    signal?.throwIfAborted();
    const reply = queues.get(name)?.shift() ?? standing.get(name) ?? { status: 200 };
    if (typeof reply === "object" || reply === "reset" || reply === "hang") {
      taken.push({ destination: name, url: url.href, headers, body });
    }
    if (reply === "hang") return { failed: new ExchangeFailed("timeout"), sent: true };
    if (typeof reply === "string") return { failed: new ExchangeFailed(reply), sent: reply === "reset" };
    return { status: reply.status, retryAfter: reply.retryAfter ?? null, text: reply.text ?? "" };
  }, clock);

  return {
    sender,
    taken,
    next: (destination, ...replies) => void queues.set(destination, [...(queues.get(destination) ?? []), ...replies]),
    always: (destination, reply) => {
      if (reply === undefined) standing.delete(destination);
      else standing.set(destination, reply);
    },
  };
};
