-- Responses shown, without their text: what was answered by which prompt, model and release. Analysts read the view `answers`.
CREATE TABLE IF NOT EXISTS responses (
  event_id       String,
  ts             DateTime64(3, 'UTC'),
  tenant         LowCardinality(String),
  session_id     String,
  user_id_hash   String,
  response_id    String,
  text_chars     Nullable(UInt32) COMMENT 'length of the text, which is not kept',
  value          Nullable(Float64) COMMENT 'latency in milliseconds',
  label          LowCardinality(String) COMMENT 'ok, error, refusal, truncated, handoff',
  feature        LowCardinality(String),
  segment        LowCardinality(String),
  tier           LowCardinality(String),
  device         LowCardinality(String),
  locale         LowCardinality(String),
  app_version    LowCardinality(String),
  utc_offset_min Nullable(Int16),
  prompt_name    LowCardinality(String),
  prompt_version LowCardinality(String),
  model          LowCardinality(String),
  model_version  LowCardinality(String),
  release        LowCardinality(String),
  audit_id       String,
  schema_id      Int32,
  _topic         LowCardinality(String),
  _partition     UInt32,
  _offset        UInt64,
  _inc           UInt32,
  _landed_at     DateTime64(3, 'UTC') DEFAULT now64(3),
  -- Of two contents under one event id the first in the log counts, so the lowest position has the highest version.
  _version       UInt64 MATERIALIZED 18446744073709551615 - (_inc * 281474976710656 + _offset)
)
ENGINE = ReplacingMergeTree(_version)
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, response_id, event_id)
TTL toDateTime(ts) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;
