import { expect, it } from "vitest";
import { silentLogger } from "#runtime/logger.ts";
import { Retryable } from "./broker-port.ts";
import { requireTopics } from "./require-topics.ts";

const options = { log: silentLogger, signal: new AbortController().signal };
const table = [{ topic: "t", partitions: 4, config: {} }];

it("passes where every topic is as the table says", async () => {
  await expect(requireTopics({ verifyTopics: async () => [] }, table, options)).resolves.toBeUndefined();
});

it("ends the start with all differences and the cure", async () => {
  const admin = { verifyTopics: async () => ["t is missing", "u has 3 partitions, not 4"] };
  await expect(requireTopics(admin, table, options)).rejects.toMatchObject({
    code: "topic_mismatch",
    message: "t is missing; u has 3 partitions, not 4",
    cure: expect.stringContaining("npm run topics"),
  });
});

it("waits for a broker that is away", async () => {
  let asked = 0;
  const admin = {
    verifyTopics: async () => {
      asked += 1;
      if (asked === 1) throw new Retryable("away");
      return [];
    },
  };
  await requireTopics(admin, table, options);
  expect(asked).toBe(2);
});
