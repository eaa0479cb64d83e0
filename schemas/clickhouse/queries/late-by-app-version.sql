-- Which app versions send late, day by day, and how late?
--   days UInt32 = 7    how far back
--   at DateTime('UTC') = now    until when
SELECT toDate(append_ts) AS day, app_version, count() AS events, countIf(reason = 'visit_full') AS of_full_visits,
  quantileExact(0.5)(late_by) AS median_seconds, quantileExact(0.99)(late_by) AS p99_seconds
FROM late_events
WHERE append_ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND append_ts < {at:DateTime('UTC')}
GROUP BY day, app_version ORDER BY day, events DESC, app_version
