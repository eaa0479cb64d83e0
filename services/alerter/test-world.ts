// The surroundings of an alerter under test: the in-process broker with its topics, tallies to send, and what was said.
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import { createMemoryBroker, type MemoryBroker, memoryBroker } from "#adapters/memory/broker.ts";
import { partitionFor } from "#core/partition.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { type RecordOf, type TopicKind, topicsFor } from "#schemas/topics.ts";

export const codecs = createLocalCodecs();
export const topics = topicsFor("earshot.", 1);

export const minute = 60_000;

export const tally = (over: Partial<TallyRecord> = {}): TallyRecord => ({
  tenant: "acme",
  signal_type: "implicit:repeat-ask",
  detector_version: "1",
  config_hash: "c",
  minute: 0,
  source_partition: 0,
  trials: 10,
  fired: 1,
  stamp: 0,
  feature: "billing",
  segment: null,
  tier: null,
  device: null,
  locale: null,
  app_version: null,
  utc_offset_min: null,
  prompt_name: null,
  prompt_version: null,
  model: null,
  model_version: null,
  release: null,
  users: null,
  detector_id: "repeat-ask",
  examples: null,
  shadow: null,
  source_partitions: null,
  incarnation: null,
  watermark: null,
  volumes: null,
  control: null,
  ...over,
});

/** A name: a broker that others reach by `memory://name`; without one, a broker of its own, whose interleaving the seed draws. */
export const openWorld = async (name?: string, seed = 1) => {
  const twin: MemoryBroker = name === undefined ? createMemoryBroker({ seed, maxBatch: 20 }) : memoryBroker(name);
  const broker = twin.connect();
  const admin = await broker.admin();
  await admin.createTopics(Object.values(topics), 1);
  const producer = await broker.producer();
  const reader = broker.reader();

  const homeOf = (tenant: string): number => partitionFor(tenant, topics.tallies.partitions);

  async function* raw(kind: TopicKind) {
    const { topic } = topics[kind];
    for (const [partition, { start, end }] of await admin.offsets(topic))
      for await (const batch of reader.read({ topic, partition }, start, end))
        for (const record of batch.records) yield { ...record, partition };
  }

  return {
    twin,
    broker,
    admin,
    producer,
    reader,
    homeOf,
    send: (kind: TopicKind, partition: number, key: string | null, value: Buffer | null): Promise<void> =>
      producer.send([{ topic: topics[kind].topic, partition, key, value }]),
    publish: (tallies: readonly TallyRecord[]): Promise<void> =>
      producer.send(
        tallies.map((record) => ({
          topic: topics.tallies.topic,
          partition: homeOf(record.tenant),
          key: null,
          value: codecs.encode("tallies", record),
        })),
      ),
    raw,
    /** Everything a topic holds, in the order of its partitions; tombstones left out. */
    async said<K extends TopicKind>(kind: K): Promise<readonly RecordOf<K>[]> {
      const found: RecordOf<K>[] = [];
      for await (const { value } of raw(kind)) {
        if (value === null) continue;
        const decoded = codecs.decode(kind, value);
        if (decoded.kind !== "record") throw new Error(`${kind}: ${decoded.kind}`);
        found.push(decoded.record);
      }
      return found;
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;
