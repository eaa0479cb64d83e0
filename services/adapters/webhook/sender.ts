// The sender: one delivery, one attempt, one verdict; over the network, or over whatever exchange it is given.
import { hash } from "node:crypto";
import type { Attempt, Delivery, Sender } from "#adapters/webhook-port.ts";
import { type Clock, systemClock } from "#runtime/clock.ts";
import { judge } from "./answers.ts";
import { createExchange, type Exchange, type ExchangeOptions, type Post } from "./exchange.ts";
import { ExchangeFailed } from "./failure.ts";
import { prepare } from "./prepare.ts";

/** Answered without the network where the delivery itself forbids it. */
const prepared = (delivery: Delivery): Post | ExchangeFailed => {
  try {
    return prepare(delivery);
  } catch (error) {
    if (error instanceof ExchangeFailed) return error;
    throw error;
  }
};

export const createSender = (exchange: Exchange, clock: Clock = systemClock): Sender => {
  const open = new Set<Promise<unknown>>();
  const closing = new AbortController();

  const attempt: Sender["send"] = async (delivery, signal): Promise<Attempt> => {
    const started = clock();
    const { type } = delivery.destination;
    const post = prepared(delivery);
    if (post instanceof ExchangeFailed) {
      return { ...judge(type, { failed: post, sent: false }, started), bodySha256: "", durationMs: 0 };
    }
    const answer = await exchange(post, signal);
    const ended = clock();
    return {
      ...judge(type, answer, ended),
      bodySha256: hash("sha256", post.body, "hex"),
      durationMs: Math.max(0, ended - started),
    };
  };

  return {
    async send(delivery, signal) {
      signal?.throwIfAborted();
      closing.signal.throwIfAborted();
      const work = attempt(delivery, AbortSignal.any([closing.signal, ...(signal === undefined ? [] : [signal])]));
      open.add(work);
      try {
        return await work;
      } finally {
        open.delete(work);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error("the sender is closed"));
      await Promise.allSettled(open);
    },
  };
};

/** Sends over the network; `resolve`, `ca` and the deadlines are for tests and private authorities. */
export const openSender = (options: ExchangeOptions = {}): Sender => createSender(createExchange(options));
