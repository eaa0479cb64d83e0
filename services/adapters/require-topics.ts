// A service that finds a topic missing, or other than the table says, tells so and exits; while the broker is away it waits.
import { AppError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import { forever } from "#runtime/retry.ts";
import type { Admin, TopicSettings } from "./broker-port.ts";

interface RequireOptions {
  readonly log: Pick<Logger, "warn">;
  readonly signal: AbortSignal;
}

export const requireTopics = async (
  admin: Pick<Admin, "verifyTopics">,
  topics: readonly TopicSettings[],
  { log, signal }: RequireOptions,
): Promise<void> => {
  const differences = await forever(() => admin.verifyTopics(topics), { what: "Kafka", log, signal });
  if (differences.length > 0)
    throw new AppError("topic_mismatch", differences.join("; "), {
      cure: "Create them: npm run topics. One that exists with another partition count: set EARSHOT_PARTITIONS to it.",
    });
};
