-- What rates do the versions and settings of a detector give, shadows included?
--   days UInt32 = 7    how far back
--   at DateTime('UTC') = now    until when
SELECT signal_type, detector_version, config_hash, shadow, min(ts) AS first, max(ts) AS last,
  sum(fired) AS k, sum(trials) AS n, k / n AS rate, rate_low(k, n) AS low, rate_high(k, n) AS high
FROM signal_rates_by_version
WHERE ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY signal_type, detector_version, config_hash, shadow
QUALIFY count() OVER (PARTITION BY signal_type) > 1
ORDER BY signal_type, first, detector_version, config_hash
