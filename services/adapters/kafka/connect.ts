// The broker port over a real Kafka.
import type { Admin, Broker } from "#adapters/broker-port.ts";
import { createKafkaAdminPort } from "./admin.ts";
import { createKafkaProducer, type KafkaOptions } from "./client.ts";
import { createGroupConsumer } from "./group-consumer.ts";
import { createProducer } from "./producer.ts";
import { createKafkaReader } from "./reader.ts";

/** Opens nothing yet: each part connects on first use and again after an outage. Whatever is still open is closed with the broker. */
export const connectKafka = async (options: KafkaOptions): Promise<Broker> => {
  const stack = new AsyncDisposableStack();
  const { log, metrics } = options;
  const admin = (): Admin => stack.use(createKafkaAdminPort(options));
  return {
    consumer: (consumerOptions) => stack.use(createGroupConsumer(options, consumerOptions)),
    producer: async () => {
      const asked = admin();
      const topics = (): ReturnType<Admin["topics"]> => asked.topics();
      return stack.use(createProducer({ open: () => createKafkaProducer(options), topics, log, metrics }));
    },
    reader: () => stack.use(createKafkaReader(options)),
    admin: async () => admin(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};
