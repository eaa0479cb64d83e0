-- What was a rate 24 hours before and after a change, in the change's scope?
--   at DateTime('UTC') = now    when the change was made
--   signal String = implicit:follow-up-clarification    the rate
--   feature String = *    the change's scope; * for all
--   hours UInt32 = 24    how long before and after
SELECT if(ts < {at:DateTime('UTC')}, 'before', 'after') AS part,
  sum(fired) AS k, sum(trials) AS n, k / n AS rate, rate_low(k, n) AS low, rate_high(k, n) AS high
FROM signal_rates
WHERE signal_type = {signal:String} AND {feature:String} IN ('*', feature)
  AND ts >= {at:DateTime('UTC')} - toIntervalHour({hours:UInt32})
  AND ts < {at:DateTime('UTC')} + toIntervalHour({hours:UInt32})
GROUP BY part ORDER BY part DESC
