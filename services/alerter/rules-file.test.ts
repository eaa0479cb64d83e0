// The rules file as people write it: what comes of a right one, and that no mistake in it is missed or put on another line.
import { readFileSync } from "node:fs";
import { assert, constant, integer, property, record, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultRule } from "#core/alerts/rules.ts";
import { parseRulesFile, type RulesFile } from "./rules-file.ts";

const example = readFileSync(new URL("../../infra/alerts/alerts.example.yaml", import.meta.url), "utf8");
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

const parse = (
  text: string,
  env: Readonly<Record<string, string>> = {},
  secrets: "required" | "optional" = "optional",
) => parseRulesFile(text, { file: "alerts.yaml", folder: "/nowhere", env, secrets });

const right = (text: string, env: Readonly<Record<string, string>> = {}): RulesFile => {
  const read = parse(text, env);
  if ("mistakes" in read) throw new Error(read.mistakes.join("\n"));
  return read;
};

const mistakesIn = (...args: Parameters<typeof parse>): readonly string[] => {
  const read = parse(...args);
  return "mistakes" in read ? read.mistakes : [];
};

/** "12: rules[0].name …" as [12, "rules[0].name …"]. */
const placed = (mistake: string): readonly [number, string] => {
  const [, line = "", rest = ""] = /^alerts\.yaml:(\d+): (.*)$/.exec(mistake) ?? [];
  return [Number(line), rest];
};

const ruleNames = (text: string) => right(text).rules.rules.map(({ name }) => name);

const versionOf = (text: string): string => right(text).rules.version;

const windowsOf = (rate: number) =>
  right(`rules: [{name: a, objective: {rate: ${rate}}}]`).rules.rules[0]?.objective?.windows;

describe("a right file", () => {
  it("is the shipped example, with nothing to warn of but secrets that are not here", () => {
    const { warnings, rules, delivery } = right(example);
    expect(warnings.every((warning) => /_env is |_file is /.test(warning))).toBe(true);
    expect(rules.rules.map(({ name }) => name)).toEqual([
      "load-tests",
      "billing",
      "thumbs-down-objective",
      "everything-else",
    ]);
    expect(delivery.destinations.map(({ type }) => type)).toEqual([
      "standard",
      "pagerduty",
      "slack",
      "alertmanager",
      "alertmanager-webhook",
    ]);
  });

  it("may be empty: the default rule watches and nobody is told", () => {
    for (const text of ["", "# nothing yet\n", "rules: []\n"]) {
      const { rules, delivery, warnings } = right(text);
      expect(rules.rules).toEqual([defaultRule]);
      expect(delivery).toEqual({ destinations: [], routes: [], quietHours: {} });
      expect(warnings).toEqual([
        "alerts.yaml:1: there are no destinations: incidents are recorded, and nobody is told",
      ]);
    }
  });

  it("ends with the default rule unless its last rule fits everything", () => {
    expect(ruleNames("rules: [{name: a, slices: feature=x}]")).toEqual(["a", "default"]);
    expect(ruleNames("rules: [{name: a, slices: feature=x}, {name: rest, watch: false}]")).toEqual(["a", "rest"]);
    expect(ruleNames("rules: [{name: both, signals: ['implicit:*', 'explicit:*']}]")).toEqual(["both", "default"]);
  });

  it("knows that a rule for a slice takes what lies within it, so that later rules for that are never reached", () => {
    const within = "rules: [{name: a, slices: feature=x}, {name: b, slices: 'feature=x,tier=pro'}]";
    expect(mistakesIn(within).map(placed)).toEqual([[1, expect.stringContaining("rules[1] is never reached")]]);
    const wider =
      "rules: [{name: a, slices: 'feature=x,tier=pro'}, {name: b, slices: feature=x}, {name: c, slices: 'feature=*'}]";
    expect(ruleNames(wider)).toEqual(["a", "b", "c", "default"]);
  });

  it("keeps its version while its meaning stays, and changes it with any rule, silence, pair or prior", () => {
    const plain = versionOf("rules: [{name: a, slices: 'tier=pro,feature=x'}]");
    expect(
      versionOf("# a comment\nrules:\n  - slices: ['feature=x,tier=pro']\n    name: a\n    sensitivity: 1.0"),
    ).toBe(plain);
    const others = [
      "rules: [{name: a, slices: 'tier=pro,feature=y'}]",
      "rules: [{name: a, slices: 'tier=pro,feature=x', sensitivity: 2}]",
      "rules: [{name: a, slices: 'tier=pro,feature=x'}]\npairs: [[tier, model]]",
      "rules: [{name: a, slices: 'tier=pro,feature=x'}]\npriors: {explicit:negative: .2}",
    ];
    expect(new Set([plain, ...others.map(versionOf)]).size).toBe(others.length + 1);
  });

  it("takes the windows of the SRE workbook for a tight objective, twice the objective for a loose one", () => {
    expect(windowsOf(0.01)?.map(({ factor }) => factor)).toEqual([14.4, 6, 1]);
    expect(windowsOf(0.05)).toEqual([{ factor: 2, longMinutes: 60, shortMinutes: 5 }]);
  });

  it("resolves secrets from the environment, the current one first", () => {
    const text = `destinations: [{name: a, type: standard, url: "https://x.example", secret_env: NEW, previous_secret_env: OLD}]`;
    const old = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
    const [destination] = right(text, { NEW: secret, OLD: old }).delivery.destinations;
    expect(destination).toMatchObject({ secrets: [secret, old], format: "json", allowPrivate: [], allowPorts: [] });
    expect(right(text, { NEW: secret, OLD: old }).delivery.routes).toMatchObject([
      { name: "default", destinations: ["a"] },
    ]);
  });

  it("shares parts by YAML's anchors", () => {
    const { rules } = right(
      "rules:\n - {name: a, slices: feature=x, guards: &g {min_users: 9}}\n - {name: b, guards: *g}",
    );
    expect(rules.rules.map(({ guards }) => guards.minUsers)).toEqual([9, 9]);
  });
});

describe("mistakes", () => {
  const faulty = [
    "rules:",
    "  - name: billing",
    "    signls: x",
    "    sensitivity: -1",
    "    quiet_hours: {from: '25:00', to: '07:00', time_zone: Mars/Base}",
    "    routes: [pagr]",
    "  - name: all",
    "  - name: late",
    "    slices: feature=x",
    "routes:",
    "  - name: pager",
    "    destinations: []",
    "    fallback: pager",
    "destinations:",
    "  - {name: a, type: standard, url: 'https://u:hunter2@x.example', secret: hunter2}",
    "  - {name: b, type: alertmanager, url: 'http://10.1.2.3:9093'}",
    "silences:",
    "  - {from: '2026-03-01T10:00:00Z', until: '2026-03-01T09:00:00Z', reason: x}",
    "priors: {explicit:negativ: .1}",
  ].join("\n");

  it("come all at once, in the order of the lines", () => {
    const found = mistakesIn(faulty).map(placed);
    expect(found.map(([line]) => line)).toEqual([3, 4, 5, 5, 6, 8, 12, 13, 15, 15, 16, 16, 16, 18, 19]);
    const text = found.map(([, rest]) => rest).join("\n");
    expect(text).toContain("rules[0].signls is no setting: expected signals, perhaps");
    expect(text).toContain(
      "rules[0].sensitivity is -1: expected false alarms per slice and month: a number from 0.01 to 30",
    );
    expect(text).toContain('rules[0].routes[0] is "pagr": expected the name of a route: pager');
    expect(text).toContain("rules[2] is never reached");
    expect(text).toContain("priors.explicit:negativ is no setting: expected explicit:negative, perhaps");
  });

  it("never repeat what may be a secret", () => {
    expect(mistakesIn(faulty).join("\n")).not.toContain("hunter2");
    const leading = `destinations: [{name: a, type: standard, url: "https://x.example", secret_env: S}]`;
    const [mistake = ""] = mistakesIn(leading, { S: "hunter2" });
    expect(mistake).toContain("destinations[0].secret_env leads to a value of another form");
    expect(mistake).not.toContain("hunter2");
  });

  it("include a secret that is not there, where the alerter runs; elsewhere that is a warning", () => {
    const text = `destinations:\n  - {name: a, type: pagerduty, secret_env: KEY}`;
    const missing =
      "alerts.yaml:2: destinations[0].secret_env is KEY, which is not set: expected a variable of the alerter's environment";
    expect(mistakesIn(text, {}, "required")).toEqual([missing]);
    expect(right(text).warnings).toContain(missing);
    expect(mistakesIn(text, { KEY: "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4" }, "required")).toEqual([]);
  });

  it("are told for a file that is no YAML, names a key twice, or is a bomb of aliases", () => {
    expect(mistakesIn("rules:\n  - name: 'a\n").map(placed)).toHaveLength(1);
    expect(placed(mistakesIn("pairs: []\nrules: []\nrules: []")[0] ?? "")[0]).toBe(3);
    const bomb = [
      "a: &a [x, x]",
      ...Array.from({ length: 9 }, (_, n) => {
        const [from, to] = ["abcdefghij"[n], "abcdefghij"[n + 1]];
        return `${to}: &${to} [*${from}, *${from}, *${from}, *${from}]`;
      }),
    ].join("\n");
    expect(mistakesIn(bomb).join()).toContain("alias");
  });

  it("are told for a section that is none", () => {
    expect(mistakesIn("pears: []")).toEqual(["alerts.yaml:1: pears is no setting: expected pairs, perhaps"]);
  });

  it.each(["7", "[]", "hello"])("are told for a file that says only %s", (text) => {
    expect(mistakesIn(text).map(placed)).toEqual([
      [1, expect.stringContaining("expected a mapping with rules, silences, routes, destinations, pairs, priors")],
    ]);
  });

  it.each([
    ["http://93.184.215.14", "[]", /begins with http:/],
    ["http://10.0.0.9:8443", "['192.168.0.0/16']", /address 10\.0\.0\.9/],
    ["https://127.0.0.1", "[]", /address 127\.0\.0\.1/],
    ["https://0x7f000001", "[]", /address 127\.0\.0\.1/],
    ["https://[::ffff:169.254.169.254]", "['10.0.0.0/8']", /address 169\.254\.169\.254/],
    ["https://x.example:6379", "[]", /port 6379/],
    ["https://x.example", "['0.0.0.0/0']", /allow_private\[0\]/],
    ["https://x.example", "['10.0.0.0/4']", /allow_private\[0\]/],
    ["https://x.example", "['8.8.8.0/24']", /allow_private\[0\]/],
  ])("include an address that no attempt could reach: %s with %s", (url, allowed, why) => {
    const text = `destinations: [{name: a, type: alertmanager, url: "${url}", allow_private: ${allowed}}]`;
    expect(mistakesIn(text).join("\n")).toMatch(why);
  });

  /** Wrong instead of the line's own value; `at`: of several lines with that beginning. */
  const plants: readonly { readonly line: string; readonly wrong: readonly string[] }[] = [
    {
      line: "  - name: billing",
      wrong: ["  - name: ''", "  - name: 'a\tb'", "  - name: {a: b}"],
    },
    { line: "    tenants: [", wrong: ["    tenants: ['*x']", "    tenants: [a b]", "    tenant: ['*']"] },
    {
      line: '    signals: ["implicit:*',
      wrong: ["    signals: [implicit:copi]", "    signals: [implicit:silent-end]", "    signals: {}"],
    },
    {
      line: '    slices: ["feature=billing"',
      wrong: ["    slices: [feature]", "    slices: ['teir=a']", "    slices: ['feature=a,feature=b']"],
    },
    {
      line: "    sensitivity: 1",
      wrong: ["    sensitivity: 0", "    sensitivity: 31", "    sensitivity: often", "    sensitivity: .nan"],
    },
    {
      line: "    smallest_ratio:",
      wrong: ["    smallest_ratio: 1", "    smallest_ratio: 9", "    smalest_ratio: 1.3"],
    },
    { line: "      min_users: 5", wrong: ["      min_users: 0", "      min_users: 2.5", "      min_user: 5"] },
    { line: "    severity: SEV2", wrong: ["    severity: SEV5", "    severity: sev1", "    severity:"] },
    { line: "    routes: [billing]", wrong: ["    routes: [biling]", "    routes: [[billing]]"] },
    {
      line: "    runbook:",
      wrong: ["    runbook: ftp://x", "    runbook: see wiki", "    runbook: https://u:p@x.example/"],
    },
    { line: "      from:", wrong: ["      from: 22", "      from: '24:00'", "      form: '22:00'"] },
    { line: "      time_zone:", wrong: ["      time_zone: Berlin", "      time_zone: [UTC]"] },
    { line: "      days:", wrong: ["      days: [monday]", "      days: 1"] },
    { line: "      rate: 0.02", wrong: ["      rate: 2", "      rate: 0", "      rates: 0.02"] },
    {
      line: "        - { factor: 4",
      wrong: ["        - { factor: 4, long: 5m, short: 1h }", "        - { factor: 4, long: 1h, short: 7m }"],
    },
    { line: "    cusum_threshold:", wrong: ["    cusum_threshold: 0", "    cusum: 12"] },
    { line: '    from: "2026', wrong: ["    from: 2026-12-24", "    from: '2026-12-24T18:00:00'"] },
    { line: "    until:", wrong: ["    until: never"] },
    { line: "    destinations: [billing-pager", wrong: ["    destinations: []", "    destinations: [billing-pagr]"] },
    { line: "    fallback:", wrong: ["    fallback: billing", "    fallback: nowhere"] },
    { line: "    rate_limit:", wrong: ["    rate_limit: 0", "    rate_limit: many"] },
    { line: "    classes: [quality]", wrong: ["    classes: [qualty]", "    class: [quality]"] },
    { line: "    group_wait:", wrong: ["    group_wait: 1d", "    group_wait: soon"] },
    {
      line: "    url: https://hooks",
      wrong: ["    url: hooks.example.com", "    url: http://hooks.example.com", "    url: https://127.0.0.1/"],
    },
    { line: "    secret_env:", wrong: ["    secret: whsec_abc", "    secret_env: a-b", "    secret_evn: X"] },
    { line: "    format: json", wrong: ["    format: xml", "    fromat: json"] },
    { line: "    allow_private:", wrong: ["    allow_private: ['10.20.0.0']", "    allow_private: ['0.0.0.0/0']"] },
    { line: "    allow_ports:", wrong: ["    allow_ports: [0]", "    allow_ports: [http]"] },
    { line: "  - model,tier", wrong: ["  - model", "  - model,model", "  - feature,tier", "  - model,plan"] },
    { line: "  explicit:negative: 0.15", wrong: ["  explicit:negative: 15", "  explicit:unhappy: 0.15"] },
  ];
  const lines = example.split("\n");

  it("are reported with their line, whichever are planted in a right file and how many", () => {
    const planted = uniqueArray(
      integer({ min: 0, max: plants.length - 1 }).chain((plant) =>
        record({
          plant: constant(plant),
          wrong: integer({ min: 0, max: (plants[plant]?.wrong.length ?? 1) - 1 }),
        }),
      ),
      { selector: ({ plant }) => plant, minLength: 1, maxLength: 4 },
    );
    assert(
      property(planted, (choice) => {
        const text = [...lines];
        const touched = choice.map(({ plant, wrong }) => {
          const { line, wrong: wrongs } = plants[plant] ?? { line: "", wrong: [] };
          const at = lines.findIndex((one) => one.startsWith(line));
          expect(at, `${line} is in the example`).toBeGreaterThanOrEqual(0);
          text[at] = wrongs[wrong] ?? "";
          return at + 1;
        });
        const found = mistakesIn(text.join("\n")).map(placed);
        const told = new Set(found.map(([line]) => line));
        for (const line of touched)
          expect(told, `line ${line}: ${text[line - 1]}\n${found.join("\n")}`).toContain(line);
      }),
      { numRuns: 100 },
    );
  });
});
