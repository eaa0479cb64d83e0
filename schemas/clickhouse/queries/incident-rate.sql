-- How did the rate move in an incident's slice, five minutes by five, around its evidence?
--   id String = *    the incident_id; * for the newest
--   hours UInt32 = 6    before and after
WITH i AS (SELECT * FROM incidents WHERE {id:String} IN ('*', incident_id) ORDER BY opened_at DESC, incident_id LIMIT 1)
SELECT toStartOfFiveMinutes(ts) AS bin, sum(fired) AS k, sum(trials) AS n, k / n AS rate, rate_low(k, n) AS low,
  rate_high(k, n) AS high, (SELECT max(baseline) FROM i) AS expected,
  bin >= toStartOfFiveMinutes((SELECT max(ifNull(onset, opened_at)) FROM i)) AS since_onset
FROM sliced_rates
WHERE (tenant, signal_type) IN (SELECT tenant, signal_type FROM i) AND in_slice((SELECT max(slice) FROM i), parts)
  AND ts >= (SELECT max(ifNull(window_start, opened_at)) FROM i) - toIntervalHour({hours:UInt32})
  AND ts < (SELECT max(ifNull(window_end, opened_at)) FROM i) + toIntervalHour({hours:UInt32})
GROUP BY bin ORDER BY bin
