import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import { Kafka } from "kafkajs";

const registry = new SchemaRegistry({ host: process.env["SCHEMA_REGISTRY_URL"] ?? "" });
const producer = new Kafka({ brokers: [process.env["KAFKA_BROKERS"] ?? ""] }).producer();
const id = await registry.getLatestSchemaId("earshot.interactions-value");
const event = {
  event_id: crypto.randomUUID(),
  type: "prompt",
  ts: Date.now(),
  tenant: "acme",
  session_id: "s-1",
  text: "How do I freeze my card?",
  feature: "cards",
};
await producer.connect();
await producer.send({
  topic: "earshot.interactions",
  messages: [{ key: event.session_id, value: await registry.encode(id, event) }],
});
await producer.disconnect();
