// The guard against targets that lead inside (SSRF): which URLs may be called, and which addresses may be connected to.
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import type { Destination } from "#adapters/webhook-port.ts";
import { ExchangeFailed } from "./failure.ts";

/** All addresses of a name; the default asks the operating system. */
export type Resolve = (name: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

type Policy = Pick<Destination, "url" | "allowPrivate" | "allowPorts" | "proxy">;

const usualPorts: ReadonlySet<number> = new Set([443, 8443]);

export const portOf = ({ protocol, port }: URL): number =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);

/** Without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

/**
 * The URL if it may be called at all; throws ExchangeFailed. WHATWG parsing turns decimal, octal and hexadecimal addresses into the
 * usual four numbers. Plain HTTP needs an allowed private address, which behind a proxy nobody could pin.
 */
export const vetUrl = ({ url, allowPrivate, allowPorts, proxy }: Policy): URL => {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.username !== "" || parsed.password !== "") throw new ExchangeFailed("bad_url");
  const plain = parsed.protocol === "http:" && allowPrivate.length > 0 && proxy === null;
  if (parsed.protocol !== "https:" && !plain) throw new ExchangeFailed("bad_url");
  if (!usualPorts.has(portOf(parsed)) && !allowPorts.includes(portOf(parsed))) throw new ExchangeFailed("blocked_port");
  return parsed;
};

/** Classes that `allowPrivate` can open. Never link-local, where clouds keep their metadata, nor any form that wraps another address. */
const openable: ReadonlySet<string> = new Set(["unicast", "loopback", "private", "uniqueLocal", "carrierGradeNat"]);

/** All that IANA has given out of global IPv6 unicast; outside lie old wrappers such as `::127.0.0.1`, which the library takes for unicast. */
const globalUnicast = "2000::/3";

const within = (address: ReturnType<typeof ipaddr.parse>, cidrs: readonly string[]): boolean =>
  cidrs.some((cidr) => {
    if (!ipaddr.isValidCIDR(cidr)) return false;
    const [network, bits] = ipaddr.parseCIDR(cidr);
    return network.kind() === address.kind() && address.match(network, bits);
  });

/** Whether a connection may go there: public unicast by TLS; whatever `allowPrivate` opens. */
export const mayReach = (address: string, allowPrivate: readonly string[], plain: boolean): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  const kind = range === "unicast" && parsed.kind() === "ipv6" && !within(parsed, [globalUnicast]) ? "reserved" : range;
  if (kind === "unicast" && !plain) return true;
  return openable.has(kind) && within(parsed, allowPrivate);
};

/** Resolves and refuses the name if any of its addresses is forbidden: which one gets connected is the attacker's choice. */
export const resolveGuarded = async (name: string, url: URL, { allowPrivate }: Policy, resolve: Resolve) => {
  const addresses = await resolve(name).catch((cause: unknown) => {
    throw new ExchangeFailed("dns", { cause });
  });
  if (addresses.length === 0) throw new ExchangeFailed("dns");
  const plain = url.protocol === "http:";
  if (!addresses.every(({ address }) => mayReach(address, allowPrivate, plain)))
    throw new ExchangeFailed("blocked_address");
  return addresses.map(({ address, family }) => ({ address, family }));
};

/** For `net.connect`, which takes exactly the addresses checked here: no second question to a name server that then says otherwise. */
export const guardedLookup =
  (url: URL, policy: Policy, resolve: Resolve): LookupFunction =>
  (name, options, done) => {
    resolveGuarded(name, url, policy, resolve).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) done(null, addresses);
        else done(null, first?.address ?? "", first?.family);
      },
      (error: unknown) => done(error as ExchangeFailed, ""),
    );
  };

/** Literal addresses never pass a lookup. */
export const isLiteral = (host: string): boolean => ipaddr.isValid(host);
