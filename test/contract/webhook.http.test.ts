// The real sender passes the contract of senders, against a receiver on loopback; then what only a network can do.
import { expect, test } from "vitest";
import { openSender } from "#adapters/webhook/sender.ts";
import type { Destination } from "#adapters/webhook-port.ts";
import { type Behaviour, openReceiver } from "#infra/dev/receiver.ts";
import {
  certificate,
  loopback,
  openTestProxy,
  sampleDelivery,
  sampleDestination,
  secretOf,
} from "#test/helpers/receiver.ts";
import { type Mishap, webhookContract } from "./webhook.contract.ts";

const behaviourOf = (mishap: Mishap): Behaviour => {
  if (typeof mishap === "string") return mishap;
  const { status, retryAfter, location, text } = mishap;
  const headers = {
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
    ...(location === undefined ? {} : { location }),
  };
  return { status, headers, ...(text === undefined ? {} : { body: text }) };
};

/** Every name is loopback, as a hostile or a test's name server may say. */
const allHere = async () => [{ address: "127.0.0.1", family: 4 }];

webhookContract("https", async () => {
  await using own = new AsyncDisposableStack();
  const receiver = own.use(await openReceiver({ tls: certificate }));
  const sender = own.use(openSender({ resolve: allHere, ca: certificate.cert, totalMs: 1500 }));
  let seen = 0;
  const kept = own.move();
  return {
    sender,
    destination: (type, changes) =>
      sampleDestination(type, {
        url: `https://receiver.test:${receiver.port}/hook`,
        allowPrivate: loopback,
        allowPorts: [receiver.port],
        ...changes,
      }),
    next: (...mishaps) => receiver.next(...mishaps.map(behaviourOf)),
    arrived: () => {
      const fresh = receiver.received.slice(seen);
      seen = receiver.received.length;
      return fresh;
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
});

const secrets = [secretOf("first")];

const here = (port: number, changes: Partial<Omit<Destination, "type">> = {}): Destination =>
  sampleDestination("standard", {
    url: `http://127.0.0.1:${port}/hook`,
    allowPrivate: loopback,
    allowPorts: [port],
    ...changes,
  });

test("a receiver that writes a gigabyte is left after the first 64 kB", async () => {
  await using receiver = await openReceiver({ secrets });
  await using sender = openSender();
  receiver.next("gigabyte");
  expect(await sender.send(sampleDelivery(here(receiver.port)))).toMatchObject({ outcome: "accepted", code: "ok" });
  expect(receiver.received[0]?.signature).toBe("valid");
  // What buffers of two kernels ends may hold.
  expect(receiver.written).toBeLessThan(32 * 1024 * 1024);
});

test("a body that never ends counts by its status, within the deadline", async () => {
  await using receiver = await openReceiver();
  await using sender = openSender({ totalMs: 1000 });
  receiver.next("trickle");
  expect(await sender.send(sampleDelivery(here(receiver.port)))).toMatchObject({ outcome: "accepted", status: 200 });
});

test("an answer that is no HTTP is a failure like any other", async () => {
  await using receiver = await openReceiver();
  await using sender = openSender();
  receiver.next("garbage");
  const attempt = await sender.send(sampleDelivery(here(receiver.port)));
  expect(attempt).toMatchObject({ outcome: "failed", code: "bad_answer", unknown: true });
});

test("a redirect to the metadata service is not followed", async () => {
  await using receiver = await openReceiver();
  await using elsewhere = await openReceiver();
  await using sender = openSender();
  receiver.next({ status: 307, headers: { location: elsewhere.url } });
  expect(await sender.send(sampleDelivery(here(receiver.port)))).toMatchObject({ outcome: "failed", code: "redirect" });
  expect(elsewhere.received).toEqual([]);
});

test("nobody there, no such name, and a name server that hangs are told apart", async () => {
  await using receiver = await openReceiver();
  const { port } = receiver;
  await receiver[Symbol.asyncDispose]();
  await using sender = openSender({
    connectMs: 200,
    resolve: (name) => (name === "hangs.test" ? new Promise(() => undefined) : Promise.reject(new Error("ENOTFOUND"))),
  });
  const code = async (url: string) => (await sender.send(sampleDelivery(here(port, { url })))).code;
  expect(await code(`http://127.0.0.1:${port}`)).toBe("connect");
  expect(await code("https://nowhere.test")).toBe("dns");
  expect(await code("https://hangs.test")).toBe("timeout");
});

const overTls = async (url: string, port: number, ca?: string): Promise<string> => {
  await using sender = openSender({ resolve: allHere, ...(ca === undefined ? {} : { ca }) });
  const { outcome, code, unknown } = await sender.send(sampleDelivery(here(port, { url: `${url}:${port}` })));
  return `${outcome}, ${code}, ${unknown ? "perhaps sent" : "not sent"}`;
};

test("certificates are checked: unknown authority, other name, and no TLS at all", async () => {
  await using receiver = await openReceiver({ tls: certificate });
  await using plain = await openReceiver();
  expect(await overTls("https://receiver.test", receiver.port)).toBe("failed, tls_self_signed, not sent");
  expect(await overTls("https://other.test", receiver.port, certificate.cert)).toBe("failed, tls_name, not sent");
  expect(await overTls("https://127.0.0.1", receiver.port, certificate.cert)).toBe("failed, tls_name, not sent");
  expect(await overTls("https://receiver.test", plain.port, certificate.cert)).toBe("failed, tls, not sent");
  expect(receiver.received).toEqual([]);
});

/** However loopback is spelt: `allowPrivate` is empty, so none of them may be asked. */
test.each([
  "https://127.0.0.1",
  "https://2130706433",
  "https://0x7f.1",
  "https://0177.0.0.1",
  "https://0x7f000001",
  "https://127.1",
  "https://0",
  "https://[::1]",
  "https://[::ffff:127.0.0.1]",
  "https://[::ffff:7f00:1]",
  "https://[::127.0.0.1]",
  "https://[64:ff9b::7f00:1]",
  "https://[64:ff9b:1::a9fe:a9fe]",
  "https://[2002:7f00:1::]",
  "https://[fe80::1]",
  "https://[fec0::1]",
  "https://[fc00::1]",
  "https://[ff02::1]",
  "https://10.0.0.1",
  "https://172.16.0.1",
  "https://192.168.0.1",
  "https://169.254.169.254",
  "https://100.64.0.1",
  "https://224.0.0.1",
  "https://255.255.255.255",
  "https://１２７.０.０.１",
])("%s is not called", async (url) => {
  await using receiver = await openReceiver({ tls: certificate });
  await using sender = openSender();
  const { port } = receiver;
  const destination = here(port, { url: `${url}:${port}`, allowPrivate: [] });
  expect(await sender.send(sampleDelivery(destination))).toMatchObject({ outcome: "refused", code: "blocked_address" });
  expect(receiver.received).toEqual([]);
});

test("link-local and wrapped addresses stay closed whatever is allowed", async () => {
  await using sender = openSender();
  for (const host of ["169.254.169.254", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fe80::1]"]) {
    const destination = here(443, { url: `https://${host}`, allowPrivate: ["0.0.0.0/0", "::/0"] });
    expect(await sender.send(sampleDelivery(destination))).toMatchObject({ code: "blocked_address" });
  }
});

test.each([
  ["https://user:pass@receiver.test", "bad_url"],
  ["https://user@receiver.test", "bad_url"],
  ["http://receiver.test:8443", "bad_url"],
  ["ftp://receiver.test", "bad_url"],
  ["file:///etc/passwd", "bad_url"],
  ["not a url", "bad_url"],
  ["https://receiver.test:22", "blocked_port"],
  ["https://receiver.test:80", "blocked_port"],
])("%s is no target: %s", async (url, code) => {
  const asked: string[] = [];
  await using sender = openSender({
    resolve: (name) => {
      asked.push(name);
      return allHere();
    },
  });
  const attempt = await sender.send(sampleDelivery(sampleDestination("standard", { url })));
  expect(attempt).toMatchObject({ outcome: "refused", code });
  expect(asked).toEqual([]);
});

test("plain HTTP reaches allowed private addresses only, whatever name they have", async () => {
  await using receiver = await openReceiver();
  const { port } = receiver;
  const url = `http://inside.test:${port}`;
  const attempt = async (address: string) => {
    await using sender = openSender({ resolve: async () => [{ address, family: 4 }] });
    return (await sender.send(sampleDelivery(here(port, { url })))).code;
  };
  expect(await attempt("127.0.0.1")).toBe("ok");
  expect(await attempt("93.184.216.34")).toBe("blocked_address");
});

test("a name is refused if one of its addresses is forbidden", async () => {
  await using receiver = await openReceiver({ tls: certificate });
  const { port } = receiver;
  await using sender = openSender({
    ca: certificate.cert,
    resolve: async () => [
      { address: "127.0.0.1", family: 4 },
      { address: "169.254.169.254", family: 4 },
    ],
  });
  const destination = here(port, { url: `https://receiver.test:${port}` });
  expect(await sender.send(sampleDelivery(destination))).toMatchObject({ outcome: "refused", code: "blocked_address" });
  expect(receiver.received).toEqual([]);
});

test("a name server that answers differently the second time is asked once a connection, and each answer is checked", async () => {
  await using receiver = await openReceiver({ tls: certificate });
  const { port } = receiver;
  const answers = ["127.0.0.1", "127.0.0.2", "10.0.0.1"];
  let asked = 0;
  await using sender = openSender({
    ca: certificate.cert,
    resolve: async () => {
      const address = answers[asked] ?? "169.254.169.254";
      asked += 1;
      return [{ address, family: 4 }];
    },
  });
  const send = () =>
    sender.send(sampleDelivery(here(port, { url: `https://receiver.test:${port}`, allowPrivate: ["127.0.0.1/32"] })));
  expect(await send()).toMatchObject({ outcome: "accepted" });
  expect(asked).toBe(1);
  expect(await send()).toMatchObject({ outcome: "refused", code: "blocked_address" });
  expect(await send()).toMatchObject({ outcome: "refused", code: "blocked_address" });
  expect(asked).toBe(3);
  expect(receiver.received).toHaveLength(1);
});

test("through a proxy the target is named to it, and TLS ends at the target", async () => {
  await using receiver = await openReceiver({ tls: certificate, secrets });
  await using proxy = await openTestProxy();
  const { port } = receiver;
  await using sender = openSender({
    ca: certificate.cert,
    // No name resolves here, as behind a proxy it need not.
    resolve: () => Promise.reject(new Error("ENOTFOUND")),
  });
  const destination = here(port, { url: `https://receiver.test:${port}`, allowPrivate: [], proxy: proxy.url });
  expect(await sender.send(sampleDelivery(destination))).toMatchObject({ outcome: "accepted" });
  const login = `Basic ${Buffer.from("user:pass").toString("base64")}`;
  expect(proxy.asked).toEqual([{ target: `receiver.test:${port}`, login }]);
  expect(receiver.received[0]?.signature).toBe("valid");
});

test("a proxy gets no forbidden target to see, and its refusal is named", async () => {
  await using open = await openTestProxy();
  await using closed = await openTestProxy({ refuse: true });
  await using sender = openSender({
    resolve: async (name) => [{ address: name === "inside.test" ? "10.0.0.1" : "93.184.216.34", family: 4 }],
  });
  const code = async (url: string, proxy: string, allowPrivate: readonly string[] = []) =>
    (await sender.send(sampleDelivery(here(443, { url, proxy, allowPrivate })))).code;
  expect(await code("https://169.254.169.254", open.url)).toBe("blocked_address");
  expect(await code("https://inside.test", open.url)).toBe("blocked_address");
  expect(await code("http://127.0.0.1:443", open.url, loopback)).toBe("bad_url");
  expect(open.asked).toEqual([]);
  expect(await code("https://receiver.test", closed.url)).toBe("proxy");
  expect(await code("https://receiver.test", "http://127.0.0.1:1")).toBe("proxy");
});

test("an abort in the middle throws its reason, and so does closing the sender", async () => {
  await using receiver = await openReceiver();
  const sender = openSender();
  const stop = new AbortController();
  const reached = Promise.withResolvers<void>();
  await using watched = await openReceiver({ onReceived: () => reached.resolve() });
  watched.next("hang");
  const waiting = sender.send(sampleDelivery(here(watched.port)), stop.signal);
  await reached.promise;
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await sender[Symbol.asyncDispose]();
  await expect(sender.send(sampleDelivery(here(receiver.port)))).rejects.toThrow("the sender is closed");
  expect(receiver.received).toEqual([]);
});
