-- Where do few press thumbs-down although many ask again?
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
WITH features AS (
  SELECT feature, sumIf(fired, signal_type = 'explicit:thumbs-down') AS down, sumIf(trials, signal_type = 'explicit:thumbs-down') AS shown,
    sumIf(fired, signal_type = 'implicit:repeat-ask') AS again, sumIf(trials, signal_type = 'implicit:repeat-ask') AS turns
  FROM signal_rates
  WHERE ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')} GROUP BY feature
)
SELECT feature, down / shown AS thumbs_down, again / turns AS repeat_ask, shown, turns
FROM features
WHERE rate_low(again, turns) > (SELECT sum(again) / sum(turns) FROM features)
  AND thumbs_down <= (SELECT sum(down) / sum(shown) FROM features)
ORDER BY repeat_ask DESC
