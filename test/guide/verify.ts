import { createHmac, timingSafeEqual } from "node:crypto";

/** Headers by lower-case name, the body's exact bytes, and WEBHOOK_SECRET (whsec_…). Throws unless Earshot sent them just now. */
export const verify = (headers: Record<string, string>, body: Uint8Array, secret: string): void => {
  const { "webhook-id": id = "", "webhook-timestamp": at = "", "webhook-signature": given = "" } = headers;
  // Five minutes either way: an old request played again is refused, a clock that is somewhat off is not.
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) throw new Error("too old, or this machine's clock is wrong");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const mine = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  const signatures = given.split(" ").map((one) => Buffer.from(one.replace(/^v1,/, ""), "base64"));
  if (!signatures.some((one) => one.length === mine.length && timingSafeEqual(one, mine)))
    throw new Error("not signed by Earshot");
};
