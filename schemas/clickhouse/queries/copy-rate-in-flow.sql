-- Is the answer copied more or less often in the new pricing flow than elsewhere, week by week?
--   feature String = pricing    the new flow
--   days UInt32 = 56    how far back
--   at DateTime('UTC') = now    until when
SELECT toMonday(ts) AS week, if(feature = {feature:String}, 'flow', 'elsewhere') AS traffic,
  sum(fired) AS k, sum(trials) AS n, k / n AS rate, rate_low(k, n) AS low, rate_high(k, n) AS high
FROM signal_rates
WHERE signal_type = 'implicit:copy'
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY week, traffic ORDER BY week, traffic DESC
