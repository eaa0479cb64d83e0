-- In which hours did a busy feature show no response at all: silence or a broken pipe?
--   hours UInt32 = 48    how far back
--   busy Float64 = 20    responses an hour that make a feature busy
--   at DateTime('UTC') = now    until the hour before
WITH shown AS (
  SELECT tenant, feature, sum(trials) / {hours:UInt32} AS usual, groupUniqArray(toStartOfHour(ts)) AS hours_heard FROM signal_rates
  WHERE signal_type = 'implicit:engagement-length' AND ts < toStartOfHour({at:DateTime('UTC')})
    AND ts >= toStartOfHour({at:DateTime('UTC')}) - toIntervalHour({hours:UInt32}) GROUP BY tenant, feature
)
SELECT tenant, feature, usual, toStartOfHour({at:DateTime('UTC')}) - toIntervalHour(back) AS silent_hour
FROM shown ARRAY JOIN range(1, {hours:UInt32} + 1) AS back
WHERE usual >= {busy:Float64} AND NOT has(hours_heard, silent_hour)
ORDER BY tenant, feature, silent_hour
