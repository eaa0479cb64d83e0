-- How are ratings spread over the stars, by feature?
--   days UInt32 = 92    how far back
--   at DateTime('UTC') = now    until when
SELECT feature, toUInt8(ceil(value * 5 / scale_max)) AS stars, count() AS n, n / sum(n) OVER (PARTITION BY feature) AS share
FROM feedback
WHERE event_type = 'rating'
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY feature, stars ORDER BY feature, stars
