// Standard Webhooks signatures: HMAC-SHA256 over `id.timestamp.body`, one per secret. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, timingSafeEqual } from "node:crypto";

const prefix = "whsec_";
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The key of `whsec_` + base64 of 24 to 64 bytes; undefined: it is none. */
export const parseSecret = (secret: string): Buffer | undefined => {
  const encoded = secret.slice(prefix.length);
  if (!secret.startsWith(prefix) || !base64.test(encoded)) return undefined;
  const key = Buffer.from(encoded, "base64");
  return key.length >= 24 && key.length <= 64 ? key : undefined;
};

export interface Signed {
  /** Without `.`, which separates the signed parts. */
  readonly id: string;
  /** Unix seconds of the attempt. */
  readonly timestamp: number;
  /** The exact bytes sent. */
  readonly body: Uint8Array;
}

const mac = (key: Uint8Array, { id, timestamp, body }: Signed): Buffer =>
  createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();

/** The three headers; a receiver that knows any of the keys accepts them. */
export const signatureHeaders = (keys: readonly Uint8Array[], signed: Signed): Record<string, string> => ({
  "webhook-id": signed.id,
  "webhook-timestamp": String(signed.timestamp),
  "webhook-signature": keys.map((key) => `v1,${mac(key, signed).toString("base64")}`).join(" "),
});

/** Seconds either way. */
const tolerance = 300;

export type Verdict = "valid" | "no_headers" | "too_old" | "too_new" | "wrong_signature";

/** What a receiver checks; `now` in unix seconds. Every signature is compared in constant time. */
export const verifySignature = (
  keys: readonly Uint8Array[],
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Uint8Array,
  now: number,
): Verdict => {
  const { "webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signatures } = headers;
  if (typeof id !== "string" || typeof stamp !== "string" || typeof signatures !== "string") return "no_headers";
  if (!/^\d{1,12}$/.test(stamp)) return "no_headers";
  const timestamp = Number(stamp);
  if (timestamp < now - tolerance) return "too_old";
  if (timestamp > now + tolerance) return "too_new";
  const expected = keys.map((key) => mac(key, { id, timestamp, body }));
  const given = signatures
    .split(" ")
    .flatMap((one) => (one.startsWith("v1,") ? [Buffer.from(one.slice(3), "base64")] : []));
  const fits = given.some((one) => expected.some((mine) => one.length === mine.length && timingSafeEqual(one, mine)));
  return fits ? "valid" : "wrong_signature";
};
