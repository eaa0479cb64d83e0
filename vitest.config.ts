// The three test projects: unit beside the code, suite across modules in memory, integration on real systems.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "unit", include: ["services/**/*.test.ts", "schemas/**/*.test.ts", "infra/**/*.test.ts"] },
      },
      {
        test: {
          name: "suite",
          include: ["test/{guide,golden,property,contract}/**/*.test.ts"],
          exclude: ["test/contract/**/*.real.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "integration",
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
