// From a destination as written to one that can be sent to: addresses and secrets by reference, and what does not fit together.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import ipaddr from "ipaddr.js";
import type { Destination } from "#adapters/webhook-port.ts";
import type { Env } from "#runtime/config.ts";
import type { Path } from "./document.ts";
import type { Mistake } from "./mistakes.ts";
import type { DestinationEntry } from "./schema.ts";

export interface Surroundings {
  readonly env: Env;
  /** Where the rules file lies: paths in it start there. */
  readonly folder: string;
  /** Whether the element has no mistakes of its own: only then something missing is one more. */
  readonly isWhole: boolean;
}

const pagerDuty = "https://events.pagerduty.com/v2/enqueue";
const openPorts: ReadonlySet<number> = new Set([443, 8443]);

/** A value given here, in an environment variable, or in a file: undefined where nothing is given or found. */
interface Sought {
  readonly value: string | undefined;
  readonly mistakes: readonly Mistake[];
  /** Only what the surroundings lack: right on another machine. */
  readonly missing: readonly Mistake[];
}

type Entry = Readonly<Partial<Record<string, unknown>>>;

const textOf = (entry: Entry, key: string): string | undefined => {
  const value = entry[key];
  return typeof value === "string" ? value : undefined;
};

const nothing: Sought = { value: undefined, mistakes: [], missing: [] };

const seek = (entry: Entry, key: string, path: Path, { env, folder }: Surroundings): Sought => {
  const [here, variable, source] = [key, `${key}_env`, `${key}_file`].map((name) => textOf(entry, name));
  if ([here, variable, source].filter((one) => one !== undefined).length > 1) {
    const expected = `only one of ${key}, ${key}_env and ${key}_file`;
    return {
      ...nothing,
      mistakes: [
        { path: [...path, variable === undefined ? `${key}_file` : `${key}_env`], found: "is one too many", expected },
      ],
    };
  }
  if (here !== undefined) return { ...nothing, value: here };
  if (variable !== undefined) {
    const value = env[variable];
    if (value !== undefined && value !== "") return { ...nothing, value };
    const found = `is ${variable}, which is not set`;
    return {
      ...nothing,
      missing: [{ path: [...path, `${key}_env`], found, expected: "a variable of the alerter's environment" }],
    };
  }
  if (source === undefined) return nothing;
  try {
    return { ...nothing, value: readFileSync(resolve(folder, source), "utf8").trim() };
  } catch {
    const found = `is ${source}, which cannot be read`;
    return {
      ...nothing,
      missing: [{ path: [...path, `${key}_file`], found, expected: "a file that the alerter can read" }],
    };
  }
};

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes. */
const isSigningSecret = (secret: string): boolean => {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const { length } = Buffer.from(encoded ?? "", "base64");
  return length >= 24 && length <= 64;
};

const isSigned = (type: Destination["type"]): boolean => type === "standard" || type === "alertmanager-webhook";
const needsSecret = (type: Destination["type"]): boolean => type === "standard" || type === "pagerduty";

const secretExpectation = (type: Destination["type"]): string =>
  isSigned(type) ? "a secret whsec_… with base64 of 24 to 64 bytes" : "an integration key of letters and digits";

const isSecret = (type: Destination["type"], secret: string): boolean =>
  isSigned(type) ? isSigningSecret(secret) : /^[\w-]{10,64}$/.test(secret);

/** A literal address of the URL; undefined for a name. */
const literalOf = ({ hostname }: URL): ReturnType<typeof ipaddr.parse> | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined;
};

const isInside = (address: ReturnType<typeof ipaddr.parse>, cidr: string): boolean => {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return network.kind() === address.kind() && address.match(network, bits);
};

/** The same rules as the sender's, so that a file says at once what no attempt could do. */
const urlMistakes = (
  text: string,
  { allow_private: cidrs, allow_ports: ports }: DestinationEntry,
  path: Path,
): readonly Mistake[] => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    return [{ path, found: "is no such URL", expected: "an http(s) URL without user and password" }];
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const literal = literalOf(url);
  const isAllowed = literal !== undefined && cidrs.some((cidr) => isInside(literal, cidr));
  const found: Mistake[] = [];
  if (url.protocol === "http:" && cidrs.length === 0)
    found.push({ path, found: "begins with http:", expected: "https:, or allow_private with the receiver's network" });
  if (!openPorts.has(port) && !ports.includes(port))
    found.push({ path, found: `has port ${port}`, expected: `443 or 8443, or ${port} in allow_ports` });
  if (literal !== undefined && !isAllowed && (literal.range() !== "unicast" || url.protocol === "http:"))
    found.push({
      path,
      found: `has the address ${literal.toString()}`,
      expected: "a public address, or its network in allow_private",
    });
  return found;
};

export interface DestinationReading {
  readonly destination: Destination;
  readonly mistakes: readonly Mistake[];
  readonly missing: readonly Mistake[];
}

export const readDestination = (entry: DestinationEntry, path: Path, around: Surroundings): DestinationReading => {
  const { name, type, allow_private: allowPrivate, allow_ports: allowPorts } = entry;
  const url = seek(entry, "url", path, around);
  const secret = seek(entry, "secret", path, around);
  const previous = seek(entry, "previous_secret", path, around);
  const proxy = seek(entry, "proxy", path, around);
  const sought = [url, secret, previous, proxy];
  const mistakes = sought.flatMap((one) => one.mistakes);
  const missing = sought.flatMap((one) => one.missing);

  const isGiven = (key: string): boolean =>
    ["", "_env", "_file"].some((end) => textOf(entry, `${key}${end}`) !== undefined);
  const whereOf = (key: string): Path => {
    const end = ["", "_env", "_file"].find((one) => textOf(entry, `${key}${one}`) !== undefined);
    return end === undefined ? path : [...path, `${key}${end}`];
  };
  const address = url.value ?? (type === "pagerduty" && !isGiven("url") ? pagerDuty : undefined);
  if (address !== undefined) mistakes.push(...urlMistakes(address, entry, whereOf("url")));
  else if (around.isWhole && !isGiven("url"))
    mistakes.push({
      path,
      found: "has no address",
      expected: type === "slack" ? "url_env or url_file" : "url, url_env or url_file",
    });
  if (around.isWhole && needsSecret(type) && !isGiven("secret"))
    mistakes.push({ path, found: "has no secret", expected: "secret_env or secret_file" });
  for (const [key, { value }] of Object.entries({ secret, previous_secret: previous }))
    if (value !== undefined && !isSecret(type, value))
      mistakes.push({
        path: whereOf(key),
        found: "leads to a value of another form",
        expected: secretExpectation(type),
      });
  if (address?.startsWith("http:") === true && isGiven("proxy"))
    mistakes.push({
      path: whereOf("proxy"),
      found: "leads to an http: address",
      expected: "no proxy: it could not pin one",
    });
  if (proxy.value !== undefined && !/^http:\/\/(?:[^\s@/]+@)?[\w.:[\]-]+\/?$/.test(proxy.value))
    mistakes.push({
      path: whereOf("proxy"),
      found: "leads to a value of another form",
      expected: "http://[user:password@]host:port",
    });

  const any = {
    name,
    url: address ?? "",
    secrets: [secret.value, previous.value].filter((one) => one !== undefined),
    allowPrivate,
    allowPorts,
    proxy: proxy.value ?? null,
  };
  const destination: Destination = type === "standard" ? { ...any, type, format: entry.format } : { ...any, type };
  return { destination, mistakes, missing };
};
