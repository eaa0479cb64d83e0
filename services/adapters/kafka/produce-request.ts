// The produce request, written into one buffer: kafkajs's own copies each record through six encoders.
import { batchSize, type Outgoing, writeBatch } from "./record-batch.ts";

interface TopicData {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly messages: readonly Outgoing[] }[];
}

interface ProduceOptions {
  readonly acks: number;
  readonly timeout: number;
  readonly topicData: readonly TopicData[];
}

/** As much of kafkajs's Encoder as its request framing asks for. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

const produceKey = 0;

const sizeOf = (topicData: readonly TopicData[]): number => {
  let size = 2 + 2 + 4 + 4; // transactional id, acks, timeout, topic count
  for (const { topic, partitions } of topicData) {
    size += 2 + Buffer.byteLength(topic) + 4;
    for (const { messages } of partitions) size += 4 + 4 + batchSize(messages);
  }
  return size;
};

const encode = ({ acks, timeout, topicData }: ProduceOptions): Encoded => {
  const now = Date.now();
  const into = Buffer.allocUnsafe(sizeOf(topicData));
  let at = into.writeInt16BE(-1, 0); // no transactional id
  at = into.writeInt16BE(acks, at);
  at = into.writeInt32BE(timeout, at);
  at = into.writeInt32BE(topicData.length, at);
  for (const { topic, partitions } of topicData) {
    at = into.writeInt16BE(Buffer.byteLength(topic), at);
    at += into.write(topic, at);
    at = into.writeInt32BE(partitions.length, at);
    for (const { partition, messages } of partitions) {
      at = into.writeInt32BE(partition, at);
      const end = writeBatch(into, at + 4, messages, now);
      into.writeInt32BE(end - at - 4, at);
      at = end;
    }
  }
  return { buf: into, buffer: into };
};

/** Replaces `protocol/requests/produce/v3/request`, on which v4 to v7 build. */
export const produceRequest = (options: ProduceOptions) => ({
  apiKey: produceKey,
  apiVersion: 3,
  apiName: "Produce",
  expectResponse: () => options.acks !== 0,
  encode: async () => encode(options),
});

/** Replaces `producer/groupMessagesPerPartition`: partitions are always explicit (K3), and grouping is linear (there: quadratic). */
export const groupByPartition = ({
  messages,
}: {
  readonly messages: readonly (Outgoing & { readonly partition: number })[];
}): Record<number, Outgoing[]> => {
  const groups: Record<number, Outgoing[]> = {};
  for (const message of messages) {
    const group = groups[message.partition];
    if (group === undefined) groups[message.partition] = [message];
    else group.push(message);
  }
  return groups;
};
