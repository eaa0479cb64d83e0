-- Which prompt version raised abandonment on mobile above what it was before it, and when was it first seen?
--   signal String = implicit:abandonment    the rate
--   device String = mobile    the slice
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
SELECT prompt_name, prompt_version, min(ts) AS first_seen, sum(fired) AS k, sum(trials) AS n, k / n AS rate,
  sum(k) OVER older AS k_before, sum(n) OVER older AS n_before, k_before / n_before AS rate_before
FROM signal_rates
WHERE signal_type = {signal:String} AND device = {device:String} AND prompt_version != ''
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY prompt_name, prompt_version
WINDOW older AS (PARTITION BY prompt_name ORDER BY first_seen ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
QUALIFY n_before > 0 AND rate_low(k, n) > rate_high(k_before, n_before)
ORDER BY first_seen
