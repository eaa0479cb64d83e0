-- Records that broke the contract: why and where here, the bytes apart. Analysts read the view `rejects`.
CREATE TABLE IF NOT EXISTS reject_rows (
  reject_id        String COMMENT 'topic:partition:offset',
  reason           LowCardinality(String),
  source_topic     LowCardinality(String),
  source_partition UInt32,
  source_offset    UInt64,
  append_ts        DateTime64(3, 'UTC') COMMENT 'when Kafka took it',
  field            LowCardinality(String),
  schema_id        Nullable(Int32),
  bytes_total      Nullable(UInt64),
  truncated        Bool,
  service          LowCardinality(String) COMMENT 'who rejected it',
  code_version     LowCardinality(String),
  _topic           LowCardinality(String),
  _partition       UInt32,
  _offset          UInt64,
  _inc             UInt32,
  _landed_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(append_ts)
ORDER BY (toStartOfHour(append_ts), reject_id, _inc)
TTL toDateTime(append_ts) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

-- May hold user text: no grant for analysts, gone after 30 days.
CREATE TABLE IF NOT EXISTS reject_bytes (
  reject_id    String,
  append_ts    DateTime64(3, 'UTC'),
  key_base64   String,
  value_base64 String COMMENT 'cut at 1 MiB',
  _topic       LowCardinality(String),
  _partition   UInt32,
  _offset      UInt64,
  _inc         UInt32,
  _landed_at   DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(append_ts)
ORDER BY (toStartOfHour(append_ts), reject_id, _inc)
TTL toDateTime(append_ts) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;
