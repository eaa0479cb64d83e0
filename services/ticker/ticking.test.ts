import { expect, it, vi } from "vitest";
import { startTicking } from "./ticking.ts";

const sendForever = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

const refuse = () => Promise.reject(new Error("refused"));

it("waits for a tick to be acknowledged before it sends the next", async () => {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let sent = 0;
  const send = () => {
    sent += 1;
    if (sent === 1) return first.promise;
    second.resolve();
    return Promise.resolve();
  };
  await using ticking = startTicking({ interval: 1, send, fail: () => undefined, clock: () => 7 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toBe(1);
  first.resolve();
  await second.promise;
  expect(ticking.last).toBe(7);
});

it("ends a send that waits when it stops", async () => {
  const fail = vi.fn<(error: Error) => void>();
  await startTicking({ interval: 1, send: sendForever, fail })[Symbol.asyncDispose]();
  expect(fail).not.toHaveBeenCalled();
});

it("ends the service when a send is refused", async () => {
  const failed = Promise.withResolvers<Error>();
  await using ticking = startTicking({ interval: 1, send: refuse, fail: failed.resolve, clock: () => 7 });
  expect((await failed.promise).message).toBe("refused");
  expect(ticking.last).toBe(7);
});
