// How a topic differs from the table, as sentences; the same wording from every broker.
import type { TopicSettings } from "./broker-port.ts";

/** What services rely on. Retention and the like are an operator's to change. */
const verified = ["message.timestamp.type", "cleanup.policy"] as const;
const atLeast = ["max.message.bytes"] as const;

export const topicDifferences = (
  { topic, partitions, config }: TopicSettings,
  actualPartitions: number | undefined,
  actual: ReadonlyMap<string, string> | undefined,
): readonly string[] => {
  if (actualPartitions === undefined) return [`topic ${topic} does not exist`];
  const found: string[] = [];
  if (actualPartitions !== partitions)
    found.push(`topic ${topic} has ${actualPartitions} partitions, not ${partitions}`);
  for (const name of verified) {
    const wanted = config[name];
    const is = actual?.get(name);
    if (wanted !== undefined && is !== wanted) found.push(`topic ${topic} has ${name}=${is ?? "?"}, not ${wanted}`);
  }
  for (const name of atLeast) {
    const wanted = config[name];
    const is = actual?.get(name);
    if (wanted !== undefined && !(Number(is) >= Number(wanted)))
      found.push(`topic ${topic} has ${name}=${is ?? "?"}, less than ${wanted}`);
  }
  return found;
};
