-- Two model versions under one prompt version: how do all their signals compare?
--   prompt_version String = *    which one; * for every one that ran with several models
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
SELECT prompt_name, prompt_version, signal_type, model_version,
  sum(fired) AS k, sum(trials) AS n, k / n AS rate, rate_low(k, n) AS low, rate_high(k, n) AS high
FROM signal_rates
WHERE {prompt_version:String} IN ('*', prompt_version) AND prompt_version != ''
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY prompt_name, prompt_version, signal_type, model_version
QUALIFY count() OVER (PARTITION BY prompt_name, prompt_version, signal_type) > 1
ORDER BY prompt_name, prompt_version, signal_type, model_version
