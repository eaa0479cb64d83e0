-- Incidents, one row per transition. Analysts read the views `incidents` and `incident_transitions`.
CREATE TABLE IF NOT EXISTS incident_rows (
  incident_id          String,
  rev                  UInt32 COMMENT '1 for the first, one more for each transition',
  ts                   DateTime64(3, 'UTC') COMMENT 'event time of the transition',
  tenant               LowCardinality(String),
  rule                 LowCardinality(String),
  rule_version         LowCardinality(String) COMMENT 'hash of the rules in force',
  signal_type          LowCardinality(String) COMMENT '~stream and ~pipeline beside the signals',
  direction            LowCardinality(String) COMMENT 'rise or fall: the harmful way of the rate',
  state                LowCardinality(String) COMMENT 'open, acknowledged, silenced, resolved, closed',
  severity             LowCardinality(String) COMMENT 'SEV1 … SEV4',
  class                LowCardinality(String) COMMENT 'quality; mix, data, client, concentrated; stream_stopped, pipeline_stalled',
  slice                LowCardinality(String) COMMENT 'dim=value sorted, joined by commas; * for everything',
  opened_at            DateTime64(3, 'UTC') COMMENT 'end of the bin that opened it',
  markers              String COMMENT 'JSON list',
  parent_slice         LowCardinality(String),
  causes               String COMMENT 'JSON list of slices',
  signals              String COMMENT 'JSON list, its own first',
  onset                Nullable(DateTime64(3, 'UTC')) COMMENT 'most likely begin of the rise',
  window_start         Nullable(DateTime64(3, 'UTC')),
  window_end           Nullable(DateTime64(3, 'UTC')),
  trials               Nullable(UInt64),
  fired                Nullable(UInt64),
  users                Nullable(UInt64) COMMENT 'with a harmful trial, estimated above 16',
  sessions             Nullable(UInt64),
  rate                 Nullable(Float64),
  baseline             Nullable(Float64),
  ratio                Nullable(Float64),
  ratio_low            Nullable(Float64) COMMENT '95 %',
  ratio_high           Nullable(Float64),
  p                    Nullable(Float64) COMMENT 'tail probability of the window',
  ln_e                 Nullable(Float64) COMMENT 'evidence when it opened',
  method               LowCardinality(String),
  min_detectable_ratio Nullable(Float64) COMMENT 'found within two hours',
  versions             String COMMENT 'JSON list of {dimension, value, before, now, trials}',
  changes              String COMMENT 'JSON list of at most three: correlated, not cause',
  examples             String COMMENT 'JSON list of response ids',
  acked_at             Nullable(DateTime64(3, 'UTC')),
  acked_by             String,
  silenced_until       Nullable(DateTime64(3, 'UTC')),
  silenced_by          String,
  silence_reason       String,
  resolved_at          Nullable(DateTime64(3, 'UTC')),
  resolved_by          String,
  resolve_reason       String COMMENT 'recovered, rolled_back, new_level, or a person''s words',
  closed_at            Nullable(DateTime64(3, 'UTC')),
  closed_by            String,
  flap_count           Nullable(UInt32),
  owner                LowCardinality(String),
  runbook_url          String,
  query_url            String,
  routes               String COMMENT 'JSON list',
  notify               String COMMENT 'JSON list of what it owes or owed people, the newest last',
  postmortem           String COMMENT 'JSON',
  verdict              LowCardinality(String) COMMENT 'confirmed, false_alarm, duplicate, known_change, data_fault',
  reported_at          Nullable(DateTime64(3, 'UTC')) COMMENT 'when people reported it, if they did before the alert',
  act_id               String COMMENT 'command that made the transition; empty: the evidence did',
  actor                String,
  detector             LowCardinality(String) COMMENT 'detector_id@version:config_hash',
  log_offset           Nullable(UInt64) COMMENT 'of tallies, at which it was decided',
  _topic               LowCardinality(String),
  _partition           UInt32,
  _offset              UInt64,
  _inc                 UInt32,
  _landed_at           DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, incident_id, rev)
TTL toDateTime(ts) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000,
  replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

-- Every transition of every incident, each once.
CREATE OR REPLACE VIEW incident_transitions AS
SELECT
  i.incident_id AS incident_id, i.rev AS rev, i.ts AS ts, i.tenant AS tenant, i.rule AS rule,
  i.rule_version AS rule_version, i.signal_type AS signal_type, i.direction AS direction, i.state AS state,
  i.severity AS severity, i.class AS class, i.slice AS slice, i.opened_at AS opened_at,
  JSONExtract(i.markers, 'Array(String)') AS markers, i.parent_slice AS parent_slice,
  JSONExtract(i.causes, 'Array(String)') AS causes, JSONExtract(i.signals, 'Array(String)') AS signals,
  i.onset AS onset, i.window_start AS window_start, i.window_end AS window_end, i.trials AS trials, i.fired AS fired,
  i.users AS users, i.sessions AS sessions, i.rate AS rate, i.baseline AS baseline, i.ratio AS ratio,
  i.ratio_low AS ratio_low, i.ratio_high AS ratio_high, i.p AS p, i.ln_e AS ln_e, i.method AS method,
  i.min_detectable_ratio AS min_detectable_ratio, i.versions AS versions, i.changes AS changes,
  JSONExtract(i.examples, 'Array(String)') AS examples, i.acked_at AS acked_at, i.acked_by AS acked_by,
  i.silenced_until AS silenced_until, i.silenced_by AS silenced_by, i.silence_reason AS silence_reason,
  i.resolved_at AS resolved_at, i.resolved_by AS resolved_by, i.resolve_reason AS resolve_reason,
  i.closed_at AS closed_at, i.closed_by AS closed_by, i.flap_count AS flap_count, i.owner AS owner,
  i.runbook_url AS runbook_url, i.query_url AS query_url, JSONExtract(i.routes, 'Array(String)') AS routes,
  i.notify AS notify, i.postmortem AS postmortem, i.verdict AS verdict, i.reported_at AS reported_at,
  i.act_id AS act_id, i.actor AS actor, i.detector AS detector, i.log_offset AS log_offset, i._landed_at AS landed_at
FROM incident_rows AS i FINAL;

-- Incidents as they stand: of each the highest revision.
CREATE OR REPLACE VIEW incidents AS
SELECT * FROM incident_transitions
ORDER BY rev DESC LIMIT 1 BY incident_id;
