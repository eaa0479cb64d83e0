// Topics, offsets and groups: what commands and assignments ask of the cluster.
import type * as Kafkajs from "kafkajs";
import { type Admin, Retryable, type TopicSettings } from "#adapters/broker-port.ts";
import { topicDifferences } from "#adapters/topic-differences.ts";
import { callLimit, createKafkaAdmin, type KafkaOptions } from "./client.ts";
import { createClusterHandle } from "./cluster.ts";
import { backOff, pause } from "./deadline.ts";
import { toPortError } from "./errors.ts";
import { createHandle } from "./handle.ts";
import { kafkajs } from "./hardening.ts";

const creationLimit = 30_000;
/** The broker forgets a deleted topic a little after it says yes. */
const deletionLimit = 30_000;

export const createKafkaAdminPort = (options: KafkaOptions): Admin => {
  const admin = createHandle(() => createKafkaAdmin(options), options.log);
  const cluster = createClusterHandle(options);

  const call = async <T>(what: string, work: (client: Kafkajs.Admin) => Promise<T>): Promise<T> => {
    try {
      return await admin.use(what, callLimit, work);
    } catch (error) {
      throw toPortError(what, error);
    }
  };

  const topicSizes = (): Promise<Map<string, number>> =>
    call("listing topics", async (client) => {
      // All in one request: a topic named in a second one may be gone by then.
      const { topics } = await client.fetchTopicMetadata();
      return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    });

  const logBounds: Admin["offsets"] = (topic) =>
    call("reading log ends", async (client) => {
      const offsets = await client.fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, low, high }) => [partition, { start: Number(low), end: Number(high) }]));
    });

  /** Listed, and led: for some milliseconds a busy broker lists a topic and says that it is not its leader. */
  const areUsable = async (topics: readonly TopicSettings[]): Promise<boolean> => {
    const present = await topicSizes();
    if (!topics.every(({ topic, partitions }) => present.get(topic) === partitions)) return false;
    try {
      for (const { topic } of topics) await logBounds(topic);
      return true;
    } catch (error) {
      if (error instanceof Retryable) return false;
      throw error;
    }
  };

  const untilUsable = async (topics: readonly TopicSettings[]): Promise<void> => {
    for (let attempt = 0, until = Date.now() + creationLimit; Date.now() < until; attempt++) {
      if (await areUsable(topics)) return;
      await pause(backOff(attempt));
    }
    throw new Retryable("the broker does not list or lead topics that it has created");
  };

  const configs = (topics: readonly string[]): Promise<Map<string, ReadonlyMap<string, string>>> =>
    call("reading topic settings", async (client) => {
      if (topics.length === 0) return new Map();
      const { resources } = await client.describeConfigs({
        includeSynonyms: false,
        resources: topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
      });
      return new Map(
        resources.map(({ resourceName, configEntries }) => [
          resourceName,
          new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
        ]),
      );
    });

  return {
    topics: topicSizes,

    async createTopics(topics, replicationFactor) {
      const existing = await topicSizes();
      const missing = topics.filter(({ topic }) => !existing.has(topic));
      if (missing.length > 0)
        await call("creating topics", (client) =>
          client.createTopics({
            // kafkajs asks once and fails where a busy broker has not heard of the new topic yet.
            waitForLeaders: false,
            topics: missing.map(({ topic, partitions, config }) => ({
              topic,
              numPartitions: partitions,
              replicationFactor,
              configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
            })),
          }),
        );
      await untilUsable(missing);
      return missing.map(({ topic }) => topic);
    },

    async deleteTopics(topics) {
      const existing = await topicSizes();
      const present = topics.filter((topic) => existing.has(topic));
      if (present.length === 0) return;
      await call("deleting topics", (client) => client.deleteTopics({ topics: present }));
      for (let attempt = 0, until = Date.now() + deletionLimit; Date.now() < until; attempt++) {
        const left = await topicSizes();
        if (!present.some((topic) => left.has(topic))) return;
        await pause(backOff(attempt));
      }
      throw new Retryable(`the broker still lists ${present.join(", ")} after their deletion`);
    },

    async verifyTopics(topics: readonly TopicSettings[]) {
      const counts = await topicSizes();
      const settings = await configs(topics.map(({ topic }) => topic).filter((topic) => counts.has(topic)));
      return topics.flatMap((wanted) => topicDifferences(wanted, counts.get(wanted.topic), settings.get(wanted.topic)));
    },

    committed: (group, topic) =>
      call("reading committed offsets", async (client) => {
        const [found] = await client.fetchOffsets({ groupId: group, topics: [topic] });
        return new Map(
          (found?.partitions ?? []).map(({ partition, offset, metadata }) => [
            partition,
            { offset: offset === "-1" ? null : Number(offset), metadata: metadata ?? "" },
          ]),
        );
      }),

    offsets: logBounds,

    offsetsAt: (topic, time) =>
      call("looking up offsets by time", async (client) => {
        const offsets = await client.fetchTopicOffsetsByTimestamp(topic, time);
        return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
      }),

    members: (group) =>
      call("describing a group", async (client) => {
        const { groups } = await client.describeGroups([group]);
        return groups[0]?.members.length ?? 0;
      }),

    async setCommitted(group, { topic, partition }, offset, metadata) {
      const what = `setting the offset of ${group}`;
      try {
        await cluster.use(what, callLimit, async ({ cluster: open }) => {
          const coordinator = await open.findGroupCoordinator({ groupId: group });
          // kafkajs sends metadata along but its type forgets it.
          const partitions = [{ partition, offset: String(offset), metadata }];
          // Generation -1 and no member: the broker takes it only while the group has none.
          await coordinator.offsetCommit({
            groupId: group,
            groupGenerationId: -1,
            memberId: "",
            topics: [{ topic, partitions }],
          });
        });
      } catch (error) {
        throw toPortError(what, error);
      }
    },

    async [Symbol.asyncDispose]() {
      await admin[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
};
