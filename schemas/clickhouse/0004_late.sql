-- Events that came too late to be applied, without text. Analysts read the view `late_events`.
CREATE TABLE IF NOT EXISTS late (
  event_id         String,
  type             LowCardinality(String),
  ts               DateTime64(3, 'UTC'),
  tenant           LowCardinality(String),
  session_id       String,
  user_id_hash     String,
  response_id      String,
  text_chars       Nullable(UInt32) COMMENT 'length of the text, which is not kept',
  value            Nullable(Float64),
  label            LowCardinality(String),
  feature          LowCardinality(String),
  segment          LowCardinality(String),
  tier             LowCardinality(String),
  device           LowCardinality(String),
  locale           LowCardinality(String),
  app_version      LowCardinality(String),
  utc_offset_min   Nullable(Int16),
  prompt_name      LowCardinality(String),
  prompt_version   LowCardinality(String),
  model            LowCardinality(String),
  model_version    LowCardinality(String),
  release          LowCardinality(String),
  audit_id         String,
  extra            String COMMENT 'JSON, numbers and booleans only',
  reason           LowCardinality(String) COMMENT 'late, visit_full',
  watermark        DateTime64(3, 'UTC') COMMENT 'that of the partition when the event came',
  source_topic     LowCardinality(String),
  source_partition UInt32,
  source_offset    UInt64,
  append_ts        DateTime64(3, 'UTC') COMMENT 'when Kafka took it',
  _topic           LowCardinality(String),
  _partition       UInt32,
  _offset          UInt64,
  _inc             UInt32,
  _landed_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(append_ts)
ORDER BY (toStartOfHour(append_ts), source_topic, source_partition, source_offset, _inc)
TTL toDateTime(append_ts) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;
