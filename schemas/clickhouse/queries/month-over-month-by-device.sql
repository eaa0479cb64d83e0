-- How did each signal change from month to month, by device?
--   months UInt32 = 3    how many, the current one included
--   at DateTime('UTC') = now    until when
SELECT signal_type, device, toStartOfMonth(ts) AS month, sum(fired) AS k, sum(trials) AS n, k / n AS rate,
  lagInFrame(toNullable(rate)) OVER (PARTITION BY signal_type, device ORDER BY month) AS rate_before,
  rate / nullIf(rate_before, 0) - 1 AS change
FROM signal_rates
WHERE ts >= toStartOfMonth({at:DateTime('UTC')}) - toIntervalMonth({months:UInt32} - 1) AND ts < {at:DateTime('UTC')}
GROUP BY signal_type, device, month ORDER BY signal_type, device, month
