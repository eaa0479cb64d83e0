// Who may do what through the API: a file of hashed tokens, one JSON line each, as `npm run alerts -- token` prints them.
import { hash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { AppError } from "#runtime/errors.ts";

export type Scope = "read" | "act";

export interface Bearer {
  /** First digits of the token's hash: tells tokens apart without telling what they are. */
  readonly id: string;
  readonly actor: string;
  /** `*`: all. */
  readonly tenants: readonly string[];
  readonly scopes: readonly Scope[];
}

export interface Tokens {
  /** Undefined: nobody's token. Takes as long for a wrong one as for a right one. */
  find(token: string): Bearer | undefined;
  readonly count: number;
}

const line = z.strictObject({
  sha256: z.string().regex(/^[\da-f]{64}$/, "expected 64 hex digits"),
  actor: z.string().regex(/^[\w.:/ -]{1,64}$/, "expected up to 64 letters, digits, spaces and . : / - _"),
  tenants: z.array(z.string().min(1)).min(1),
  scopes: z.array(z.enum(["read", "act"])).min(1),
});

type Line = z.output<typeof line>;

const parseLine = (text: string, number: number, file: string): Line | string => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The line itself is not quoted: it may be a token in clear.
    return `${file}:${number}: not JSON`;
  }
  const parsed = line.safeParse(value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map(({ path, message }) => `${file}:${number}: ${path.join(".")} ${message}`).join("\n");
};

/** Empty lines and those that begin with # mean nothing; an AppError `config` lists all mistakes. */
export const parseTokens = (text: string, file: string): Tokens => {
  const lines = text
    .split("\n")
    .map((one, index) => ({ text: one.trim(), number: index + 1 }))
    .filter((one) => one.text !== "" && !one.text.startsWith("#"))
    .map((one) => parseLine(one.text, one.number, file));
  const mistakes = lines.filter((one) => typeof one === "string");
  if (mistakes.length > 0) throw new AppError("config", `The tokens have mistakes:\n${mistakes.join("\n")}`);
  const entries = lines
    .filter((one) => typeof one !== "string")
    .map(({ sha256, ...bearer }) => ({
      digest: Buffer.from(sha256, "hex"),
      bearer: { id: sha256.slice(0, 8), ...bearer },
    }));

  return {
    count: entries.length,
    find(token) {
      const digest = hash("sha256", token, "buffer");
      let found: Bearer | undefined;
      // All of them, whichever it is: the time must not tell.
      for (const entry of entries) if (timingSafeEqual(digest, entry.digest)) found = entry.bearer;
      return found;
    },
  };
};

export const noTokens: Tokens = parseTokens("", "");

export const loadTokens = (path: string): Tokens => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError("config", `Cannot read the tokens in ${path}`, { cause });
  }
  return parseTokens(text, path);
};
