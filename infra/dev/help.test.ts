// Every npm script that runs something answers --help instead of running it, and refuses options that it does not know.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const run = (entry: string, argument: string): Promise<{ code: unknown; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const file = fileURLToPath(new URL(`../../${entry}`, import.meta.url));
    execFile(process.execPath, [file, argument], { timeout: 10_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
    );
  });

it.concurrent.each(["infra/embedded/main.ts", "infra/dev/check.ts", "infra/dev/test.ts"])(
  "%s explains itself and does nothing",
  async (entry) => {
    const [asked, mistaken] = await Promise.all([run(entry, "--help"), run(entry, "--nonsense")]);
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    expect(asked.stdout).toMatch(/^Usage: .*\n\n\w/);
    expect(mistaken).toMatchObject({ code: 2, stdout: "" });
    expect(mistaken.stderr).toContain("unknown option '--nonsense'");
  },
);
