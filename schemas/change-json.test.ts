// Changes from JSON: what may be left out, and that everything wrong is named at once.
import { expect, test } from "vitest";
import { dimensions, pairsOf, sliceName } from "#core/alerts/dimensions.ts";
import { changeKinds, createChangeParser } from "./change-json.ts";

const parse = createChangeParser();
const change = { change_id: "c1", ts: "2026-03-01T10:00Z", kind: "prompt" };

test("three fields make a change of everything for everybody", () => {
  expect(parse(change)).toEqual({
    record: {
      change_id: "c1",
      ts: Date.UTC(2026, 2, 1, 10),
      tenant: "*",
      kind: "prompt",
      scope: "*",
      from: null,
      to: null,
      reverts: null,
      rollback_ref: null,
      owner: null,
      url: null,
    },
  });
});

test("what dump writes reads back as it was", () => {
  const record = {
    ...change,
    ts: 1_772_359_200_123,
    tenant: "acme",
    scope: "feature=billing,tier=pro",
    from: "p11",
    to: "p12",
    reverts: "c0",
    rollback_ref: "deploy rollback billing p11",
    owner: "billing-ai",
    url: "https://ci.example/runs/7",
  };
  const place = { partition: 1, offset: 4, appended_at: 1_772_359_200_200, key: record.scope, schema_id: 7 };
  expect(parse({ ...record, ...place })).toEqual({ record });
});

test("a scope is named as alerting names slices: sorted, values percent-encoded", () => {
  const scopes = ["tier=pro, feature=billing", "feature=a b,model=org/m:1", "feature=a%20b", "release=100%"];
  for (const scope of scopes)
    expect(parse({ ...change, scope })).toMatchObject({ record: { scope: sliceName(pairsOf(scope) ?? []) } });
  expect(parse({ ...change, scope: scopes[1] })).toMatchObject({ record: { scope: "feature=a%20b,model=org/m:1" } });
});

test.each(dimensions)("%s names slices", (dimension) => {
  expect(parse({ ...change, scope: `${dimension}=x` })).toMatchObject({ record: { scope: `${dimension}=x` } });
});

test.each(changeKinds)("%s is a kind", (kind) => {
  expect(parse({ ...change, kind })).toMatchObject({ record: { kind } });
});

test.each([
  ["2026-03-01T10:00:30.250+02:00", Date.UTC(2026, 2, 1, 8, 0, 30, 250)],
  [1_772_359_200_000, 1_772_359_200_000],
])("the time %s is understood", (ts, expected) => {
  expect(parse({ ...change, ts })).toMatchObject({ record: { ts: expected } });
});

const time = "expected a time as 2026-03-01T12:00Z, or epoch ms";

test.each([
  ["a list", [], [["", "not a JSON object"]]],
  [
    "nothing",
    {},
    [
      ["change_id", "missing"],
      ["ts", "missing"],
      ["kind", "missing"],
    ],
  ],
  ["a time without zone", { ...change, ts: "2026-03-01T10:00" }, [["ts", time]]],
  ["a day that does not exist", { ...change, ts: "2026-13-01T10:00Z" }, [["ts", time]]],
  ["a year", { ...change, ts: "2026" }, [["ts", time]]],
  [
    "an unknown kind",
    { ...change, kind: "promt" },
    [["kind", `no kind is called promt; there are ${changeKinds.join(", ")}`]],
  ],
  [
    "a scope that is no slice",
    { ...change, scope: "billing" },
    [["scope", "expected * or dimension=value, joined by commas"]],
  ],
  ["a dimension twice", { ...change, scope: "tier=a,tier=b" }, [["scope", "tier is there twice"]]],
  [
    "an address that no browser opens",
    { ...change, url: "file:///etc" },
    [["url", "expected an http or https address"]],
  ],
  ["a number for a name", { ...change, owner: 7 }, [["owner", "expected a string"]]],
  ["a novel", { ...change, rollback_ref: "x".repeat(1025) }, [["rollback_ref", "longer than 1024 characters"]]],
  [
    "several mistakes",
    { id: "c1", ts: "now", kind: "deploy", url: "x" },
    [
      ["change_id", "missing"],
      ["ts", time],
      ["url", "expected an http or https address"],
      ["id", "no such field"],
    ],
  ],
])("%s: everything wrong is named", (_, line, mistakes) => {
  expect(parse(line)).toEqual({ mistakes: mistakes.map(([field, why]) => ({ field, why })) });
});

test("an unknown dimension is named with those there are", () => {
  expect(parse({ ...change, scope: "flow=billing" })).toMatchObject({
    mistakes: [{ field: "scope", why: expect.stringMatching(/^no dimension is called flow; there are feature, /) }],
  });
});
