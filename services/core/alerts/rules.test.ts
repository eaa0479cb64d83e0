// Which rule holds, and which silence.
import { describe, expect, it } from "vitest";
import { defaultRule, defaultRules, type Rule, ruleFor, silenceFor } from "./rules.ts";

const named = (name: string, about: Partial<Rule>): Rule => ({ ...defaultRule, name, ...about });
const subject = { tenant: "acme", signal: "explicit:negative", slice: "feature=billing,tier=pro" };
const chosen = (...rules: readonly Rule[]): string => ruleFor({ ...defaultRules, rules }, subject).name;

describe("ruleFor", () => {
  it("takes the first that fits", () => {
    expect(chosen(named("a", {}), named("b", {}))).toBe("a");
  });

  it("falls back to the default", () => {
    expect(chosen(named("other", { tenants: ["globex"] }))).toBe("default");
  });

  it.each(["*", "feature=billing", "tier=pro", "feature=*", "tier=pro,feature=bill*"])(
    "fits a slice that has all conditions of %s",
    (pattern) => expect(chosen(named("a", { slices: [pattern] }))).toBe("a"),
  );

  it.each(["feature=search", "model=*", "feature=billing,model=*", "feature=billin"])("%s does not fit", (pattern) =>
    expect(chosen(named("a", { slices: [pattern] }))).toBe("default"),
  );

  it("reads a star at the end of a signal as any ending", () => {
    expect(chosen(named("a", { signals: ["explicit:*"] }))).toBe("a");
    expect(chosen(named("a", { signals: ["implicit:*"] }))).toBe("default");
  });
});

describe("silenceFor", () => {
  const silence = { tenants: ["*"], signals: ["*"], slices: ["feature=billing"], from: 10, reason: "test" };
  const silences = [
    { ...silence, id: "short", until: 20 },
    { ...silence, id: "long", until: 30 },
  ];

  it("is the longest that holds at the time, its end excluded", () => {
    const found = [9, 10, 20, 29, 30].map((at) => silenceFor({ ...defaultRules, silences }, subject, at)?.id);
    expect(found).toEqual([undefined, "long", "long", "long", undefined]);
  });
});
