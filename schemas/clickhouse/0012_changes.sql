-- What was changed on purpose, as it was published. Analysts read the view `changes`.
CREATE TABLE IF NOT EXISTS change_rows (
  change_id    String COMMENT 'unique; a repeat of it is the same change',
  ts           DateTime64(3, 'UTC') COMMENT 'when it took effect',
  tenant       LowCardinality(String) COMMENT '* for all',
  kind         LowCardinality(String) COMMENT 'prompt, model, routing, deploy, flag, rollback, detector',
  scope        LowCardinality(String) COMMENT 'slice that it touches; * for everything',
  from_version String COMMENT 'before',
  to_version   String COMMENT 'after',
  reverts      String COMMENT 'change_id that a rollback takes back',
  rollback_ref String COMMENT 'how to take it back',
  owner        LowCardinality(String),
  url          String,
  _topic       LowCardinality(String),
  _partition   UInt32,
  _offset      UInt64,
  _inc         UInt32,
  _landed_at   DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, ts, change_id)
TTL toDateTime(ts) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

-- Each change once: a repeat of its id is the same change, and the earliest one counts.
CREATE OR REPLACE VIEW changes AS
SELECT * EXCEPT (_topic, _partition, _offset, _inc, _landed_at), _landed_at AS landed_at
FROM change_rows FINAL
ORDER BY ts LIMIT 1 BY change_id;
