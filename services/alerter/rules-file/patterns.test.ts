// That the check for unreachable rules and the fold's choice of a rule agree.
import { array, assert, constantFrom, property, record, uniqueArray } from "fast-check";
import { expect, it } from "vitest";
import { defaultRule, ruleFor } from "#core/alerts/rules.ts";
import { alertable, isCatchAll, isCovered, slicePattern } from "./patterns.ts";

const some = (...values: readonly string[]) => uniqueArray(constantFrom(...values), { minLength: 1, maxLength: 2 });

const scopes = array(
  record({
    tenants: some("*", "acme", "a*", "globex"),
    signals: some("*", "implicit:*", "explicit:*", "implicit:copy", "~stream", "~*"),
    slices: some("*", "feature=*", "feature=a", "feature=a*", "feature=a,tier=pro", "feature=*,tier=pro", "tier=pro"),
  }),
  { minLength: 1, maxLength: 4 },
);

const subjects = ["acme", "abc", "globex", "other"].flatMap((tenant) =>
  alertable.flatMap((signal) =>
    [
      "*",
      "feature=a",
      "feature=ab",
      "feature=b",
      "tier=pro",
      "feature=a,tier=pro",
      "feature=b,tier=pro",
      "device=x",
    ].map((slice) => ({ tenant, signal, slice })),
  ),
);

it("a rule that is called unreachable is never chosen, and one that fits everything leaves nothing to the default", () => {
  assert(
    property(scopes, (list) => {
      const rules = list.map((scope, index) => ({ ...defaultRule, ...scope, name: String(index) }));
      const chosen = new Set(
        subjects.map((subject) => ruleFor({ version: "", rules, silences: [], pairs: [], priors: {} }, subject).name),
      );
      const unreachable = list.flatMap((scope, index) =>
        isCovered(scope, list.slice(0, index)) ? [String(index)] : [],
      );
      if (list.some(isCatchAll)) unreachable.push("default");
      expect(unreachable.filter((name) => chosen.has(name))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

it("a slice is named as the fold names it, in whatever order it is written", () => {
  expect(slicePattern.parse("tier=pro,feature=billing")).toBe("feature=billing,tier=pro");
  expect(slicePattern.parse("model=vendor/model:1 large*")).toBe("model=vendor%2Fmodel%3A1%20large*");
  expect(slicePattern.parse("feature=a%2Cb")).toBe("feature=a%2Cb");
  for (const wrong of [
    "feature",
    "feature=",
    "feature=a=b",
    "feature=*a",
    "plan=a",
    "feature=a,feature=b",
    "",
    7,
    null,
  ])
    expect(slicePattern.safeParse(wrong).success, String(wrong)).toBe(false);
});
