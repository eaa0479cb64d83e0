// The three test projects: unit beside the code, suite across modules and our own programs, integration on real systems.
import { defineConfig } from "vitest/config";

/** Messages are compared as plain text: CI would colour them. Node lets FORCE_COLOR win, with a warning, also in what tests start. */
const env = { NO_COLOR: "1" };
delete process.env["FORCE_COLOR"];

export default defineConfig({
  test: {
    // By default one core is left idle: on two cores that is half of them.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          env,
          // Nothing of ours keeps state in a module, so files may share a worker: 17 s instead of 41 s on a busy machine.
          pool: "threads",
          isolate: false,
          include: ["services/**/*.test.ts", "schemas/**/*.test.ts"],
          // Properties that take a second take ten beside a full CI run on a busy machine; none of them waits for a clock.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "suite",
          env,
          include: ["test/{guide,golden,property,contract}/**/*.test.ts", "infra/**/*.test.ts"],
          exclude: ["test/contract/**/*.real.test.ts"],
          testTimeout: 90_000,
        },
      },
      {
        test: {
          name: "integration",
          env,
          include: ["test/{integration,crash,e2e}/**/*.test.ts", "test/contract/**/*.real.test.ts"],
          globalSetup: ["test/helpers/global-stack.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
