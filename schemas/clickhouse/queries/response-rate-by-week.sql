-- How many of those who are shown the feedback control answer, by feature and week, and where is it too few?
--   target Float64 = 0.01    share below which too few answer
--   days UInt32 = 92    how far back
--   at DateTime('UTC') = now    until when
SELECT feature, toMonday(ts) AS week, sum(fired) AS answered, sum(trials) AS shown, answered / shown AS rate,
  rate < {target:Float64} AS too_few
FROM signal_rates
WHERE signal_type = 'explicit:answered'
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY feature, week ORDER BY feature, week
