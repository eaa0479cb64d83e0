import os, time, uuid
from confluent_kafka import SerializingProducer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
registry = SchemaRegistryClient({"url": os.environ["SCHEMA_REGISTRY_URL"]})
schema = registry.get_latest_version("earshot.interactions-value").schema
serializer = AvroSerializer(registry, schema, conf={"auto.register.schemas": False, "use.latest.version": True})
producer = SerializingProducer({"bootstrap.servers": os.environ["KAFKA_BROKERS"], "partitioner": "murmur2", "value.serializer": serializer})
producer.produce("earshot.interactions", key=b"s-1", value={"event_id": str(uuid.uuid4()), "type": "prompt", "ts": int(time.time() * 1000), "tenant": "acme", "session_id": "s-1", "text": "How do I freeze my card?", "feature": "cards"})
producer.flush()
