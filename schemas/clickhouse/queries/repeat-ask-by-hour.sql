-- When in the user's day do people ask again?
--   signal String = implicit:repeat-ask    the rate
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
SELECT hour_local, sum(fired) AS k, sum(trials) AS n, k / n AS rate, rate_low(k, n) AS low, rate_high(k, n) AS high
FROM signal_rates
WHERE signal_type = {signal:String}
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY hour_local ORDER BY hour_local
