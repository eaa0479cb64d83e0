// npm run query: what it says to somebody who mistyped, before it asks any server.
import { expect, test } from "vitest";
import { runCommand } from "#runtime/command.ts";
import { query } from "./query.ts";

const ask = async (...argv: readonly string[]) => {
  const said: string[] = [];
  const code = await runCommand(query, argv, {
    env: {},
    stopping: new AbortController().signal,
    stdout: async () => undefined,
    stderr: (text) => void said.push(text),
  });
  return { code, said: said.join("") };
};

test("a question that does not exist is answered with those near to it", async () => {
  expect(await ask("session-end-by-feature")).toMatchObject({
    code: 2,
    said: expect.stringContaining("Did you mean session-ends-by-feature"),
  });
  expect((await ask("zzzzzz")).said).toMatch(/^There is no question zzzzzz\.\n.*--list/);
});

test("a parameter without a value, or with a wrong one, is told with its type and an example", async () => {
  const expected = "expected UInt32 such as 28 (how far back)";
  for (const param of ["days", "days=", "days=soon"]) {
    const { code, said } = await ask("session-ends-by-feature", "--param", param);
    expect(code).toBe(2);
    expect(said).toContain(expected);
  }
});

test("without an address it says which variable is missing and what it looks like", async () => {
  const { code, said } = await ask("session-ends-by-feature");
  expect(code).toBe(2);
  expect(said).toMatch(/^ {2}CLICKHOUSE_URL is not set: expected .*such as http:\/\/127\.0\.0\.1:8123/m);
});
