// npm run alerts as a person calls it: rules explained or refused, history replayed, tokens made, the API's answers passed on.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "#runtime/command.ts";
import { alerts } from "./alerts.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-alerts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const example = fileURLToPath(new URL("../../infra/alerts/alerts.example.yaml", import.meta.url));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const run = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const [out, said]: [string[], string[]] = [[], []];
  const code = await runCommand(alerts, argv, {
    env,
    stopping: new AbortController().signal,
    stdout: async (text) => void out.push(text),
    stderr: (text) => void said.push(text),
  });
  return { code, out: out.join(""), said: said.join("") };
};

describe("check", () => {
  it("explains each rule of the example in words and figures, and who is told", async () => {
    const { code, out, said } = await run(["check", example]);
    expect(code).toBe(0);
    expect(out).toContain("Counts all signals in all slices of tenant loadtest-*, and never alerts.");
    // The figures published for a base rate of 5 % at T: 3.6, 2.3 and 1.6.
    expect(out).toContain("×3.6 at 100 trials/h, ×2.3 at 600 trials/h, ×1.6 at 6,000 trials/h");
    expect(out).toContain("pages → billing (billing-pager, billing-channel, else platform)");
    expect(out).toContain("quiet 22:00–07:00 Europe/Berlin every day: tickets wait, pages do not");
    expect(said).toMatch(/is right: 4 rules, version [0-9a-f]{16}/);
  });

  it("sees smaller rises where more false alarms are borne", async () => {
    const text = "rules: [{name: keen, slices: feature=a, sensitivity: 20}, {name: calm, sensitivity: .05}]";
    const { out } = await run(["check", file("keen.yaml", text), "--json"]);
    const [keen, calm] = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { patience_bins: number; visible_ratio: Record<string, number> });
    expect([keen?.patience_bins, calm?.patience_bins]).toEqual([403, 161_280]);
    for (const trials of ["100", "600", "6000"])
      expect(keen?.visible_ratio[trials]).toBeLessThan(calm?.visible_ratio[trials] ?? 0);
  });

  it("lists every mistake with file and line, and exits 2", async () => {
    const name = file("bad.yaml", "rules:\n  - name: a\n    sensitivity: 0\n    rutes: [x]\n");
    const { code, out, said } = await run(["check", name]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(said).toContain("The rules have 2 mistakes:");
    expect(said).toContain(`${name}:3: rules[0].sensitivity is 0`);
    expect(said).toContain(`${name}:4: rules[0].rutes is no setting: expected routes, perhaps`);
  });

  it("wants secrets only when asked to, and finds them beside the file", async () => {
    const name = file("secret.yaml", "destinations: [{name: p, type: pagerduty, secret_file: key}]");
    expect(await run(["check", name])).toMatchObject({ code: 0, said: expect.stringContaining("cannot be read") });
    expect(await run(["check", name, "--secrets"])).toMatchObject({ code: 2 });
    file("key", "0123456789abcdef0123456789abcdef\n");
    expect(await run(["check", name, "--secrets"])).toMatchObject({ code: 0 });
  });

  it("says which file cannot be read", async () => {
    expect(await run(["check", join(folder, "none.yaml")])).toMatchObject({
      code: 2,
      said: expect.stringContaining("none.yaml"),
    });
  });
});

describe("test", () => {
  const tally = {
    minute: "2026-03-01T10:00:00Z",
    tenant: "acme",
    signal_type: "explicit:negative",
    trials: 20,
    fired: 1,
  };

  it("sums up what the rules would have told, beside the default ones", async () => {
    const log = file("log.jsonl", `${JSON.stringify(tally)}\n`);
    const { code, said } = await run(["test", example, "--in", log]);
    expect(code).toBe(0);
    expect(said).toContain("In 0.0 days: 0 incidents, 0 pages; with the default rules 0 incidents, 0 pages.");
  });

  it("needs tallies, and right rules", async () => {
    expect((await run(["test", example])).said).toContain("test lacks --in");
    const rules = file("wrong.yaml", "rules: 7");
    expect((await run(["test", rules, "--in", file("log.jsonl", "")])).code).toBe(2);
  });
});

describe("token", () => {
  it("prints a token once, and a line that holds only its hash", async () => {
    const { code, out, said } = await run(["token", "ada", "--tenants", "acme,globex", "--scopes", "read,act"]);
    expect(code).toBe(0);
    const [, token = ""] = /^ {2}(earshot_\S+)$/m.exec(said) ?? [];
    expect(Buffer.from(token.replace("earshot_", ""), "base64url")).toHaveLength(32);
    expect(JSON.parse(out)).toEqual({
      sha256: createHash("sha256").update(token).digest("hex"),
      actor: "ada",
      tenants: ["acme", "globex"],
      scopes: ["read", "act"],
    });
    expect(out).not.toContain(token);
    expect((await run(["token", "ada", "--tenants", "acme"])).said).not.toContain(token);
  });

  it.each([
    [["token"], "token lacks the ACTOR"],
    [["token", "ada"], "--tenants lacks its names"],
    [["token", "ada", "--tenants", "a", "--scopes", "write"], "--scopes write: expected read, act"],
    [["token", "a\nb", "--tenants", "a"], "is no actor"],
  ])("refuses %j", async (argv, message) => {
    expect(await run(argv)).toMatchObject({ code: 2, out: "", said: expect.stringContaining(message) });
  });
});

/** Answers everything alike and remembers what was asked. */
const serve = async (status: number, answer: unknown) => {
  const asked: { readonly line: string; readonly token: string | undefined; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const line = `${request.method} ${request.url}`;
      asked.push({ line, token: request.headers.authorization, body: Buffer.concat(parts).toString() });
      response.writeHead(status, { "content-type": "application/json", location: "/elsewhere" });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    env: { EARSHOT_ALERT_API_URL: `http://127.0.0.1:${port}`, EARSHOT_ALERT_TOKEN: "earshot_x" },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
};

describe("the API", () => {
  it("is called with the token, and its answer printed", async () => {
    await using server = await serve(200, { incident_id: "inc_1", state: "acknowledged" });
    const { code, out } = await run(["ack", "inc_1", "--reason", "looking"], server.env);
    expect({ code, answer: JSON.parse(out) as unknown }).toEqual({
      code: 0,
      answer: { incident_id: "inc_1", state: "acknowledged" },
    });
    expect(server.asked).toEqual([
      { line: "POST /incidents/inc_1/ack", token: "Bearer earshot_x", body: '{"reason":"looking"}' },
    ]);
  });

  it("gets the end of a silence as a time, and an id that cannot leave its place in the path", async () => {
    await using server = await serve(200, {});
    await run(["silence", "../x", "--reason", "r", "--until", "2100-01-01T00:00:00+01:00"], server.env);
    await run(["redeliver", "ntf_1"], server.env);
    expect(server.asked.map(({ line }) => line)).toEqual([
      "POST /incidents/..%2Fx/silence",
      "POST /deliveries/ntf_1/redeliver",
    ]);
    expect(JSON.parse(server.asked[0]?.body ?? "")).toEqual({ reason: "r", until: "2099-12-31T23:00:00.000Z" });
  });

  it("lists every page, shows one incident and the log of deliveries", async () => {
    await using server = await serve(200, { incidents: [{ incident_id: "inc_1" }], deliveries: [], next_cursor: null });
    expect((await run(["list", "--state", "live"], server.env)).out).toContain("inc_1");
    await run(["show", "inc_1"], server.env);
    expect((await run(["deliveries", "inc_1"], server.env)).said).toContain("No delivery.");
    await run(["redeliver", "ntf_1", "--destination", "pager"], server.env);
    expect(server.asked.map(({ line }) => line)).toEqual([
      "GET /incidents?limit=500&state=live",
      "GET /incidents/inc_1",
      "GET /deliveries?limit=500&incident=inc_1",
      "POST /deliveries/ntf_1/redeliver",
    ]);
    expect(JSON.parse(server.asked.at(-1)?.body ?? "")).toEqual({ destination: "pager" });
  });

  it.each([401, 403, 404, 409, 429, 500, 302])("fails with a sentence when it answers %i", async (status) => {
    await using server = await serve(status, { message: "no" });
    const { code, said } = await run(["resolve", "inc_1", "--reason", "over"], server.env);
    expect(code).toBe(1);
    expect(said).toMatch(status === 302 ? /does not answer/ : new RegExp(`was answered ${status}: no`));
    expect(said).not.toContain("earshot_x");
  });

  it("is asked for nothing where its address or an argument is missing", async () => {
    expect(await run(["list"])).toMatchObject({
      code: 2,
      said: expect.stringContaining("EARSHOT_ALERT_API_URL is not set"),
    });
    for (const argv of [
      ["ack"],
      ["silence", "i"],
      ["silence", "i", "--reason", "r", "--until", "1999-01-01"],
      ["resolve", "i"],
      ["postmortem", "i"],
    ])
      expect((await run(argv)).code, argv.join(" ")).toBe(2);
  });
});

describe("send-test", () => {
  it("tells what came of it: nothing listens there", async () => {
    const text = `destinations: [{name: hook, type: alertmanager, url: "http://127.0.0.1:1", allow_private: [127.0.0.0/8], allow_ports: [1]}]`;
    const { code, said } = await run(["send-test", "hook", file("hook.yaml", text)]);
    expect(code).toBe(1);
    expect(said).toMatch(/^ntf_[0-9a-f]{32} to hook: failed \(connect\)/m);
  });

  it("names those that there are", async () => {
    const text = `destinations: [{name: hook, type: alertmanager, url: "https://x.example"}]`;
    const { code, said } = await run(["send-test", "hok", file("names.yaml", text)]);
    expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining("There is no destination hok") });
  });
});

it("answers an unknown action with the nearest", async () => {
  expect(await run(["chek"])).toMatchObject({ code: 2, said: expect.stringContaining("Did you mean check?") });
});
