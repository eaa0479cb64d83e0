// Chooses the broker by its address: a real Kafka, or the in-process twin for `memory://name`.
import type { Broker } from "./broker-port.ts";
import type { KafkaOptions } from "./kafka/client.ts";

const memoryScheme = "memory://";

/** `brokers`: `host:port` by comma, or `memory://name`, where the same name in one process is the same broker. */
export const connectBroker = async (options: KafkaOptions): Promise<Broker> => {
  if (options.brokers.startsWith(memoryScheme)) {
    const { memoryBroker } = await import("./memory/broker.ts");
    return memoryBroker(options.brokers.slice(memoryScheme.length)).connect();
  }
  // Loaded only when needed: the patched kafkajs is 300 ms of start-up that the twin does not need.
  const { connectKafka } = await import("./kafka/connect.ts");
  return connectKafka(options);
};
