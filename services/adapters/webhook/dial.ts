// A connection to a vetted target: straight or through an egress proxy, with TLS unless the target is an allowed private address.
import { lookup } from "node:dns/promises";
import { addAbortListener, once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Destination } from "#adapters/webhook-port.ts";
import { ExchangeFailed, type FailureCode } from "./failure.ts";
import { guardedLookup, hostOf, isLiteral, mayReach, portOf, type Resolve, resolveGuarded } from "./guard.ts";

export interface DialOptions {
  readonly resolve: Resolve;
  /** PEM of the authorities to trust; undefined: those of Node. */
  readonly ca: string | undefined;
}

export const resolveBySystem: Resolve = (name) => lookup(name, { all: true });

const tlsCodes: Readonly<Record<string, FailureCode>> = {
  CERT_HAS_EXPIRED: "tls_expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls_name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls_self_signed",
  SELF_SIGNED_CERT_IN_CHAIN: "tls_self_signed",
};

/** The failure as its phase calls it, unless it has a name already. */
const as = (code: FailureCode, cause: unknown): ExchangeFailed =>
  cause instanceof ExchangeFailed ? cause : new ExchangeFailed(code, { cause });

/** A socket whose late errors, after somebody stopped waiting for it, do not end the process. */
const quiet = <S extends Socket>(socket: S): S => socket.on("error", () => undefined);

/** Waits; what fails or takes too long is destroyed. */
const established = async <S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> => {
  try {
    await once(quiet(socket), event, { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
};

/** Work that cannot be aborted, no longer waited for. */
const until = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>();
  using _ = addAbortListener(signal, () => reject(signal.reason));
  return await Promise.race([work, promise]);
};

/** Straight to one of the addresses that the guard passed. */
const dialGuarded = (
  url: URL,
  destination: Destination,
  { resolve }: DialOptions,
  signal: AbortSignal,
): Promise<Socket> => {
  const socket = connect({ host: hostOf(url), port: portOf(url), lookup: guardedLookup(url, destination, resolve) });
  return established(socket, "connect", signal).catch((error: unknown) => {
    throw as("connect", error);
  });
};

/**
 * Through the operator's proxy, which is not guarded itself. It resolves the name and has the last word; a name that resolves here
 * as well must pass here too.
 */
const dialThrough = async (
  proxy: string,
  url: URL,
  destination: Destination,
  { resolve }: DialOptions,
  signal: AbortSignal,
): Promise<Socket> => {
  const by = new URL(proxy);
  const target = `${url.hostname}:${portOf(url)}`;
  try {
    if (!isLiteral(hostOf(url))) {
      const known = resolveGuarded(hostOf(url), url, destination, resolve).catch((error: unknown) => {
        if (as("dns", error).code !== "dns") throw error;
      });
      await until(known, signal);
    }
    const socket = await established(connect(portOf(by), hostOf(by)), "connect", signal);
    const login = Buffer.from(`${decodeURIComponent(by.username)}:${decodeURIComponent(by.password)}`).toString(
      "base64",
    );
    const ask = request({
      createConnection: () => socket,
      method: "CONNECT",
      path: target,
      headers: { host: target, ...(by.username === "" ? {} : { "proxy-authorization": `Basic ${login}` }) },
      signal,
    });
    const answered = once(ask, "connect", { signal });
    ask.on("error", () => socket.destroy()).on("response", () => ask.destroy(new ExchangeFailed("proxy")));
    ask.end();
    const [{ statusCode }] = (await answered) as [IncomingMessage];
    if (statusCode === 200) return socket;
    socket.destroy();
    throw new ExchangeFailed("proxy");
  } catch (error) {
    throw as("proxy", error);
  }
};

/** A connection ready for the request; throws ExchangeFailed, or the signal's reason. The caller destroys it. */
export const dial = async (
  url: URL,
  destination: Destination,
  options: DialOptions,
  signal: AbortSignal,
): Promise<Socket> => {
  const host = hostOf(url);
  const plain = url.protocol === "http:";
  if (isLiteral(host) && !mayReach(host, destination.allowPrivate, plain)) throw new ExchangeFailed("blocked_address");
  const { proxy } = destination;
  const socket =
    proxy === null
      ? await dialGuarded(url, destination, options, signal)
      : await dialThrough(proxy, url, destination, options, signal);
  if (plain) return socket;
  const name = isLiteral(host) ? {} : { servername: host };
  const secured = connectTls({
    socket,
    host,
    ...name,
    ca: options.ca,
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
  });
  try {
    return await established(secured, "secureConnect", signal);
  } catch (error) {
    socket.destroy();
    throw as(tlsCodes[(error as NodeJS.ErrnoException).code ?? ""] ?? "tls", error);
  }
};
