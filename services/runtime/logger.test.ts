// What a log line looks like, seen from outside: the real logger writes to a file descriptor, so a child process writes it.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const linesOf = (code: string): unknown[] => {
  const stdout = execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { createLogger } from "#runtime/logger.ts"; import { AppError } from "#runtime/errors.ts";
       const log = createLogger({ name: "demo", level: "info", to: "stdout" }); ${code}`,
    ],
    { cwd: fileURLToPath(new URL("../../", import.meta.url)), encoding: "utf8" },
  );
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
};

test("a line is JSON with level, time, service, fields and message; errors keep code, cure and causes, not text", () => {
  const [batch, failure, record] = linesOf(`
    log.debug("not shown");
    log.info({ rows: 3 }, "batch");
    log.error({ error: new AppError("registry_unavailable", "away", { cure: "Wait.", cause: new Error("refused") }) }, "failed");
    log.info({ text: "my secret", record: { text: "my secret" }, event: { text: "my secret", type: "prompt" } }, "record");
  `);
  expect(batch).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
    service: "demo",
    rows: 3,
    msg: "batch",
  });
  expect(failure).toMatchObject({
    error: {
      name: "AppError",
      code: "registry_unavailable",
      message: "away",
      cure: "Wait.",
      cause: { message: "refused" },
    },
  });
  expect(JSON.stringify(record)).not.toContain("secret");
  expect(record).toMatchObject({ event: { type: "prompt" } });
});
