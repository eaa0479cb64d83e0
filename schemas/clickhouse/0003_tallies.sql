-- Trials per minute and cell of hot fields: absolute counts, of which the highest version holds. Analysts read the view `signal_rates`.
CREATE TABLE IF NOT EXISTS tallies (
  tenant           LowCardinality(String),
  signal_type      LowCardinality(String),
  detector_version LowCardinality(String),
  config_hash      LowCardinality(String),
  minute           DateTime64(3, 'UTC') COMMENT 'event time at which the trials ended',
  source_partition UInt32,
  trials           UInt64,
  fired            UInt64,
  stamp            UInt64 COMMENT 'input offset at which this was counted',
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
  users            String COMMENT 'base64 of up to 16 × (8-byte hash, 2-byte count): users with a harmful trial',
  detector_id      LowCardinality(String),
  examples         Array(String) COMMENT 'up to two response ids',
  shadow           Bool COMMENT 'a version on trial',
  _topic           LowCardinality(String),
  _partition       UInt32,
  _offset          UInt64,
  _inc             UInt32,
  _landed_at       DateTime64(3, 'UTC') DEFAULT now64(3),
  _version         UInt64 MATERIALIZED _inc * 281474976710656 + stamp
)
ENGINE = ReplacingMergeTree(_version)
PARTITION BY toYYYYMM(minute)
PRIMARY KEY (tenant, signal_type, minute)
ORDER BY (tenant, signal_type, minute, source_partition, detector_id, detector_version, config_hash, shadow,
  feature, segment, tier, device, locale, app_version, ifNull(utc_offset_min, -32768),
  prompt_name, prompt_version, model, model_version, release)
TTL toDateTime(minute) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;
