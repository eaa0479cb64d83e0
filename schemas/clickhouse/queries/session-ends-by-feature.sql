-- How do visits end: used, silent, after friction, or with a person?
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
SELECT feature, sumIf(trials, signal_type = 'implicit:abandonment') AS visits,
  sumIf(fired, signal_type = 'implicit:abandonment') AS after_friction,
  sumIf(fired, signal_type = 'implicit:silent-end') AS silent,
  sumIf(fired, signal_type = 'implicit:escalation') AS escalated,
  toInt64(visits) - after_friction - silent - escalated AS used, used / visits AS used_share
FROM signal_rates
WHERE signal_type IN ('implicit:abandonment', 'implicit:silent-end', 'implicit:escalation')
  AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY feature ORDER BY visits DESC, feature
