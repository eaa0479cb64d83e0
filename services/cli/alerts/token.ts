// npm run alerts -- token: a new token for the alerter's API, and the line for its file of tokens, which holds only the hash.
import { hash, randomBytes } from "node:crypto";

const scopes = ["read", "act"] as const;

export interface TokenRequest {
  readonly actor: string;
  /** Names by comma; * for all. */
  readonly tenants: string;
  readonly scopes: string;
}

interface Token {
  /** For the person: it cannot be shown again. */
  readonly token: string;
  /** For the file. */
  readonly line: string;
}

const names = (text: string): readonly string[] => [
  ...new Set(
    text
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  ),
];

/** 256 random bits; or what is wrong with the request. */
export const createToken = (request: TokenRequest): Token | { readonly mistake: string } => {
  const [tenants, wanted] = [names(request.tenants), names(request.scopes)];
  if (!/^[\w.:/ -]{1,64}$/.test(request.actor))
    return { mistake: `"${request.actor}" is no actor: expected up to 64 letters, digits, spaces and . : / - _` };
  if (tenants.length === 0) return { mistake: "--tenants lacks its names: expected acme,globex or *" };
  const unknown = wanted.find((scope) => !scopes.some((known) => known === scope));
  if (unknown !== undefined || wanted.length === 0)
    return { mistake: `--scopes ${request.scopes}: expected ${scopes.join(", ")} or both by comma` };
  const token = `earshot_${randomBytes(32).toString("base64url")}`;
  const entry = { sha256: hash("sha256", token, "hex"), actor: request.actor, tenants, scopes: wanted };
  return { token, line: JSON.stringify(entry) };
};
