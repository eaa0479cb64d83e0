// Settings: typed values, defaults, secrets from files, and every mistake told at once.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import {
  bytes,
  choice,
  defineSettings,
  duration,
  flag,
  integer,
  loadSettings,
  needed,
  number,
  optional,
  port,
  type SettingsOf,
  secret,
  settingsFromTable,
  text,
  url,
} from "./config.ts";
import { AppError, exitCodeOf } from "./errors.ts";

const every = defineSettings({
  name: text("A_NAME", { help: "a name", default: "x", pattern: /^[a-z]+$/, expectation: "letters" }),
  target: url("A_URL", { help: "where to", default: "http://127.0.0.1:1/" }),
  port: port("A_PORT", { help: "a port", default: 0 }),
  count: integer("AN_INTEGER", { help: "how many", default: 3, min: 1, max: 9 }),
  share: number("A_NUMBER", { help: "a share", default: 0.5 }),
  wait: duration("A_DURATION", { help: "how long", default: "30s" }),
  size: bytes("A_SIZE", { help: "how large", default: "16MiB" }),
  key: secret("A_SECRET", { help: "a key", optional: true }),
  color: choice("A_CHOICE", ["red", "blue"], { help: "a color", default: "red" }),
  on: flag("A_FLAG", { help: "on or off", default: false }),
});

const failure = (load: () => unknown): AppError => {
  try {
    load();
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
};

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("an empty environment yields the defaults, typed", () => {
  expect(loadSettings(every, {})).toEqual({
    name: "x",
    target: "http://127.0.0.1:1",
    port: 0,
    count: 3,
    share: 0.5,
    wait: 30_000,
    size: 16_777_216,
    key: undefined,
    color: "red",
    on: false,
  });
  expectTypeOf<SettingsOf<typeof every>>().toEqualTypeOf<{
    readonly name: string;
    readonly target: string;
    readonly port: number;
    readonly count: number;
    readonly share: number;
    readonly wait: number;
    readonly size: number;
    readonly key: string | undefined;
    readonly color: "red" | "blue";
    readonly on: boolean;
  }>();
});

test("all mistakes are told at once, each with variable, value and expectation", () => {
  const error = failure(() =>
    loadSettings(
      { ...every, must: text("A_MUST", { help: "what must be" }) },
      {
        A_NAME: "UPPER",
        A_URL: "ftp://x",
        A_PORT: "70000",
        AN_INTEGER: "10",
        A_NUMBER: "half",
        A_DURATION: "30",
        A_SIZE: "16",
        A_CHOICE: "green",
        A_FLAG: "yes",
      },
    ),
  );
  expect(exitCodeOf(error)).toBe(2);
  expect(error.message.split("\n")).toEqual([
    "The configuration has 10 mistakes:",
    '  A_NAME is "UPPER": expected letters',
    '  A_URL is "ftp://x": expected a URL that begins with http:// or https://, without user, password or query in it',
    '  A_PORT is "70000": expected a port from 0 (any free one) to 65535',
    '  AN_INTEGER is "10": expected an integer from 1 to 9',
    '  A_NUMBER is "half": expected a number of at least 0',
    '  A_DURATION is "30": expected a duration such as 500ms, 30s, 10m, 4h or 7d',
    '  A_SIZE is "16": expected a size such as 64KiB, 16MiB or 1GiB',
    '  A_CHOICE is "green": expected one of red, blue',
    '  A_FLAG is "yes": expected true or false',
    "  A_MUST is not set: expected text (what must be)",
  ]);
  expect(error.cure).toContain("REFERENCE.md");
});

test.each([
  ["http://me:s3cret@a:1", "http://(hidden)@a:1"],
  ["http://a:1/?user=me&password=s3cret", "http://a:1/?(hidden)"],
])("a URL with a password in it, %s, is refused and not repeated", (given, shown) => {
  const { message } = failure(() => loadSettings(every, { A_URL: given }));
  expect(message).toContain(`A_URL is "${shown}": expected a URL`);
});

test("an empty variable counts as unset", () => {
  expect(loadSettings(every, { A_PORT: "" }).port).toBe(0);
});

test("a secret may lie in a file, whose last line end does not count", () => {
  const file = join(folder, "key");
  writeFileSync(file, "s3cret \n");
  expect(loadSettings(every, { A_SECRET_FILE: file }).key).toBe("s3cret ");
});

test("a secret given twice, or in a file that cannot be read, is a mistake", () => {
  const twice = failure(() => loadSettings(every, { A_SECRET: "s3cret", A_SECRET_FILE: join(folder, "key") }));
  expect(twice.message).toContain("either A_SECRET or A_SECRET_FILE, not both");
  expect(twice.message).not.toContain("s3cret");
  expect(failure(() => loadSettings(every, { A_SECRET_FILE: join(folder, "none") })).message).toContain(
    "A_SECRET_FILE to name a readable file",
  );
});

test("an optional setting is asked for where it is needed after all", () => {
  const must = text("A_MUST", { help: "what must be" });
  const { value } = loadSettings({ value: optional(must) }, {});
  expect(value).toBeUndefined();
  expect(failure(() => needed(must, value)).message).toContain("A_MUST is not set: expected text");
  expect(needed(must, "there")).toBe("there");
});

test("a plain table becomes settings of its kinds", () => {
  const table = settingsFromTable([
    { name: "gap", env: "T_GAP", kind: "duration", default: "30m", doc: "silence" },
    {
      name: "words",
      env: "T_WORDS",
      kind: "rules",
      default: "",
      doc: "words",
      accepts: (words) => !words.includes("!"),
      expectation: "calm words",
    },
  ] as const);
  expect(loadSettings(table, { T_GAP: "10m" })).toEqual({ gap: 600_000, words: "" });
  expect(failure(() => loadSettings(table, { T_GAP: "soon", T_WORDS: "now!" })).message).toMatch(
    /T_GAP is "soon".*\n.*T_WORDS is "now!": expected calm words/,
  );
  expectTypeOf<SettingsOf<typeof table>>().toEqualTypeOf<{ readonly gap: number; readonly words: string }>();
});
