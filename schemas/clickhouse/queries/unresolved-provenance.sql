-- How many signals do not know their prompt and model, day by day?
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
SELECT toDate(ts) AS day, countIf(provenance_status = 'unresolved') AS unresolved, count() AS signals, unresolved / signals AS share
FROM feedback
WHERE ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY day ORDER BY day
