-- Records that broke the contract, each once, without their bytes.
CREATE OR REPLACE VIEW rejects AS
SELECT reject_id, append_ts AS ts, reason, field, schema_id, source_topic, source_partition, source_offset,
  bytes_total, truncated, service, code_version, _landed_at AS landed_at
FROM reject_rows FINAL;

-- Events that came too late, each once. `late_by`: seconds between the event and Kafka's taking it.
CREATE OR REPLACE VIEW late_events AS
SELECT * EXCEPT (_topic, _partition, _offset, _inc, _landed_at), _landed_at AS landed_at,
  dateDiff('millisecond', ts, append_ts) / 1000 AS late_by
FROM late FINAL;
