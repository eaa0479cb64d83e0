-- What was rejected yesterday, by reason, field and the producer's schema? Nothing replays rejects yet: all are open.
--   at DateTime('UTC') = now    a moment of the day after
SELECT reason, field, schema_id, source_topic, count() AS rejects, sum(bytes_total) AS bytes, min(ts) AS first, max(ts) AS last,
  any(reject_id) AS example
FROM rejects
WHERE toDate(ts) = toDate({at:DateTime('UTC')}) - 1
GROUP BY reason, field, schema_id, source_topic ORDER BY rejects DESC, reason, field
