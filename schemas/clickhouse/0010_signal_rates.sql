-- Trials and fired trials of every detector version, shadows too, by minute, cell and source partition.
CREATE OR REPLACE VIEW signal_rates_by_version AS
SELECT
  minute AS ts, tenant, signal_type, feature, segment, tier, device, locale, app_version, utc_offset_min,
  if(isNull(utc_offset_min),
    toUInt8(formatDateTime(minute, '%H', coalesce(nullIf((
      SELECT CAST((groupArray(tenant), groupArray(zone)), 'Map(String, String)') FROM tenants FINAL
    )[tenant], ''), 'UTC'))),
    toHour(minute + toIntervalMinute(assumeNotNull(utc_offset_min)))) AS hour_local,
  prompt_name, prompt_version, model, model_version, release,
  trials, fired, examples,
  arrayMap(i -> hex(substring(base64Decode(users), 10 * i + 1, 8)),
    range(intDiv(length(base64Decode(users)), 10))) AS harmed_users,
  detector_id, detector_version, config_hash, shadow, source_partition, _version
FROM tallies FINAL
WHERE NOT startsWith(signal_type, '~');

-- What analysts read: sums over it are rates with honest denominators, whatever they are grouped by. Of a minute in which
-- settings or version changed, the one with the highest stamp counts. Not summed over source partitions here: the reader's
-- sum does that, and a view that groups by every cell reads all of its columns (5 M rows: 6.5 s against 0.6 s).
CREATE OR REPLACE VIEW signal_rates AS
SELECT * EXCEPT (shadow, source_partition, _version, latest)
FROM (
  SELECT *, argMax((detector_version, config_hash), _version)
    OVER (PARTITION BY tenant, signal_type, ts, source_partition) AS latest
  FROM signal_rates_by_version
  WHERE NOT shadow
)
WHERE (detector_version, config_hash) = latest;
