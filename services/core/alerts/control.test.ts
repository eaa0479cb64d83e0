// Control records come from a topic that anything may write to: what is no control is left alone, what is one counts once.
import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { isNewControl, readControl } from "./control.ts";
import { defaultRules } from "./rules.ts";

const act = { incidentId: "inc_1", action: "ack", actor: "ada", at: 1 };

describe("readControl", () => {
  it("never throws, whatever the text", () => {
    assert(property(string(), (text) => readControl(text) === undefined));
  });

  it.each([
    ["nothing", null],
    ["a list", "[]"],
    ["no id", JSON.stringify({ kind: "act", act })],
    ["an unknown kind", JSON.stringify({ kind: "bribe", id: "1" })],
    ["an unknown action", JSON.stringify({ kind: "act", id: "1", act: { ...act, action: "delete" } })],
    ["an act without a time", JSON.stringify({ kind: "act", id: "1", act: { ...act, at: "now" } })],
    ["a change without a tenant", JSON.stringify({ kind: "change", id: "1", change: { change_id: "c", ts: 1 } })],
    ["rules that are none", JSON.stringify({ kind: "rules", id: "1", rules: { version: "v", rules: [{}] } })],
  ])("leaves %s alone", (_, text) => {
    expect(readControl(text)).toBeUndefined();
  });

  it("reads what the alerter writes", () => {
    const control = { kind: "rules", id: "1", rules: defaultRules } as const;
    expect(readControl(JSON.stringify(control))).toEqual(control);
  });

  it("fills in what an act or a change leaves out", () => {
    const read = readControl(JSON.stringify({ kind: "act", id: "1", act }));
    expect(read).toEqual({ kind: "act", id: "1", act: { ...act, reason: null, until: null, postmortem: null } });
    const change = { change_id: "c", ts: 1, tenant: "acme", kind: "prompt" };
    expect(readControl(JSON.stringify({ kind: "change", id: "c", change }))).toMatchObject({ change: { scope: "*" } });
  });
});

const numbered = (id: number) => ({ kind: "detector", id: String(id), identities: [] }) as const;

describe("isNewControl", () => {
  it("is true once for each kind and id", () => {
    const seen = new Set<string>();
    expect([numbered(1), numbered(1), numbered(2)].map((control) => isNewControl(seen, control))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("remembers a bounded number, the newest", () => {
    const seen = new Set<string>();
    for (let id = 0; id < 12_000; id += 1) isNewControl(seen, numbered(id));
    expect(seen.size).toBe(10_000);
    expect(isNewControl(seen, numbered(11_999))).toBe(false);
  });
});
