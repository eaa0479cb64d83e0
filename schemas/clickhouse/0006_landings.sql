-- One row per landed range of offsets, ranges without rows too: the audit reads here that nothing is missing or double.
CREATE TABLE IF NOT EXISTS landings (
  inc       UInt32 COMMENT 'incarnation of the topics',
  topic     LowCardinality(String),
  partition UInt32,
  first     UInt64,
  last      UInt64,
  rows      UInt32,
  token     String COMMENT 'deduplication token of the block',
  landed_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, inc, first, last)
TTL toDateTime(landed_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;
