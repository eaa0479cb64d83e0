// The in-process twin passes the contract of senders.
import { createMemoryInbox } from "#adapters/webhook/memory.ts";
import { sampleDestination } from "#test/helpers/receiver.ts";
import { webhookContract } from "./webhook.contract.ts";

webhookContract("memory", async () => {
  const inbox = createMemoryInbox();
  const { sender, taken } = inbox;
  let seen = 0;
  return {
    sender,
    destination: (type, changes) => sampleDestination(type, changes),
    next: (...mishaps) => inbox.next("ops", ...mishaps),
    arrived: () => {
      const fresh = taken.slice(seen);
      seen = taken.length;
      return fresh.map(({ url, headers, body }) => ({ path: new URL(url).pathname, headers, body: body.toString() }));
    },
    [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose](),
  };
});
