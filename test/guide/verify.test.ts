// The README's three ways to verify a signature: each accepts what the sender signs and refuses what it did not.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseSecret, signatureHeaders } from "#adapters/webhook/signature.ts";
import { verify } from "./verify.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const other = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
const body = Buffer.from('{"type":"incident.opened","data":{"summary":"SEV2 negative-rate ×2.4 · *"}}');

const signedAt = (at: number, secrets = [secret]): Record<string, string> =>
  signatureHeaders(
    secrets.map((one) => parseSecret(one) ?? Buffer.alloc(0)),
    { id: "ntf_0d1c3a", timestamp: at, body },
  );

const now = (): number => Math.floor(Date.now() / 1000);
const here = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

type Way = (headers: Record<string, string>, bytes: Buffer) => void;

const has = (program: string): boolean => {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
};

const inPython: Way = (headers, bytes) => {
  const input = JSON.stringify({ headers, body: bytes.toString("base64"), secret });
  const call =
    "import json, sys\ngiven = json.load(sys.stdin)\nverify(given['headers'], base64.b64decode(given['body']), given['secret'])";
  execFileSync("python3", ["-c", `${here("verify.py")}\n${call}`], { input, stdio: ["pipe", "pipe", "pipe"] });
};

const inShell: Way = (headers, bytes) => {
  const file = join(folder, "body");
  writeFileSync(file, bytes);
  execFileSync("bash", ["-c", here("verify.sh")], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      id: headers["webhook-id"],
      at: headers["webhook-timestamp"],
      signatures: headers["webhook-signature"],
      body: file,
      secret,
    },
  });
};

const ways: readonly { readonly name: string; readonly way: Way; readonly needs: string }[] = [
  { name: "TypeScript", way: (headers, bytes) => verify(headers, bytes, secret), needs: "node" },
  { name: "Python", way: inPython, needs: "python3" },
  { name: "a shell", way: inShell, needs: "openssl" },
];

describe.each(ways)("in $name", ({ way, needs }) => {
  it("what Earshot signed is accepted, with a second secret beside it too", ({ skip }) => {
    if (!has(needs)) skip(`${needs} is not installed`);
    expect(() => way(signedAt(now()), body)).not.toThrow();
    expect(() => way(signedAt(now() - 200, [other, secret]), body)).not.toThrow();
  });

  it("another secret, another body and an old or future timestamp are refused", ({ skip }) => {
    if (!has(needs)) skip(`${needs} is not installed`);
    const wrong = /not signed|Command failed/;
    expect(() => way(signedAt(now(), [other]), body)).toThrow(wrong);
    expect(() => way(signedAt(now()), Buffer.concat([body, Buffer.from(" ")]))).toThrow(wrong);
    const stale = /too old|Command failed/;
    expect(() => way(signedAt(now() - 400), body)).toThrow(stale);
    expect(() => way(signedAt(now() + 400), body)).toThrow(stale);
  });
});
