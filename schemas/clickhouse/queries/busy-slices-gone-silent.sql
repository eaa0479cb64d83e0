-- In which hours did a busy feature show no response at all: silence or a broken pipe?
--   hours UInt32 = 48    how far back
--   busy Float64 = 20    responses an hour that make a feature busy
--   at DateTime('UTC') = now    until the hour before
WITH shown AS (
  SELECT toStartOfHour(ts) AS hour, tenant, feature, sum(trials) AS n FROM signal_rates
  WHERE signal_type = 'implicit:engagement-length' AND ts < toStartOfHour({at:DateTime('UTC')})
    AND ts >= toStartOfHour({at:DateTime('UTC')}) - toIntervalHour({hours:UInt32}) GROUP BY hour, tenant, feature
)
SELECT tenant, feature, sum(n) / {hours:UInt32} AS usual,
  arrayJoin(arrayFilter(h -> NOT has(groupArray(toUnixTimestamp(hour)), toUnixTimestamp(h)), arrayMap(
    i -> toStartOfHour({at:DateTime('UTC')}) - toIntervalHour(i), range(1, {hours:UInt32} + 1)))) AS silent_hour
FROM shown
GROUP BY tenant, feature HAVING usual >= {busy:Float64} ORDER BY tenant, feature, silent_hour
