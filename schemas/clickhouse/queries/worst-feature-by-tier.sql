-- Which feature was worst last quarter, by tier?
--   signal String = implicit:abandonment    the rate to rank by
--   days UInt32 = 92    how far back
--   least UInt64 = 20    trials a feature must have
--   at DateTime('UTC') = now    until when
SELECT tier, feature, sum(fired) AS k, sum(trials) AS n, k / n AS rate, rate_low(k, n) AS at_least
FROM signal_rates
WHERE signal_type = {signal:String}
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY tier, feature HAVING n >= {least:UInt64}
ORDER BY tier, at_least DESC LIMIT 1 BY tier
