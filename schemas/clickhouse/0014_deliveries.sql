-- What came of each attempt to tell people. Analysts read the views `deliveries` and `delivery_attempts`.
CREATE TABLE IF NOT EXISTS delivery_rows (
  incident_id     String COMMENT '~destination for a destination that was disabled',
  notification_id String COMMENT 'the same in every attempt',
  destination     LowCardinality(String) COMMENT 'name in the rules file',
  tenant          LowCardinality(String),
  kind            LowCardinality(String) COMMENT 'opened, updated, reminder, acknowledged, resolved',
  status          LowCardinality(String) COMMENT 'delivered, retrying, failed, collapsed, disabled, suppressed, requested',
  attempt         UInt32,
  ts              DateTime64(3, 'UTC'),
  rev             Nullable(UInt32) COMMENT 'of the incident whose data was sent',
  next_at         Nullable(DateTime64(3, 'UTC')) COMMENT 'when the next attempt is due',
  http_status     Nullable(UInt16) COMMENT 'of the last answer',
  code            LowCardinality(String) COMMENT 'what came of the attempt, as http_500 or timeout',
  duration_ms     Nullable(UInt32),
  body_sha256     String COMMENT 'of the body that was sent',
  accepted_at     Nullable(DateTime64(3, 'UTC')) COMMENT 'when the receiver took it',
  actor           String COMMENT 'who asked for it to be sent again',
  _topic          LowCardinality(String),
  _partition      UInt32,
  _offset         UInt64,
  _inc            UInt32,
  _landed_at      DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, incident_id, notification_id, destination, attempt, ts, status)
TTL toDateTime(ts) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

-- Everything that was noted of each notification and destination, each once.
CREATE OR REPLACE VIEW delivery_attempts AS
SELECT * EXCEPT (_topic, _partition, _offset, _inc, _landed_at), _landed_at AS landed_at
FROM delivery_rows FINAL;

-- Where each notification to each destination stands.
CREATE OR REPLACE VIEW deliveries AS
SELECT * FROM delivery_attempts
ORDER BY ts DESC, attempt DESC LIMIT 1 BY incident_id, notification_id, destination;
