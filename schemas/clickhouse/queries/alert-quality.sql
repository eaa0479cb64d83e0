-- How good was alerting last quarter: how often did it page, was it right, what did it miss, and how many minutes did it take?
--   tenant String = *    one tenant; * for all
--   days UInt32 = 92    how far back
--   at DateTime('UTC') = now    until when
WITH verdict = 'confirmed' AS right
SELECT countIf(paged) AS pages, pages * 7 / {days:UInt32} AS pages_a_week,
  countIf(paged AND verdict != '') AS judged, countIf(paged AND right) AS k, k / judged AS precision,
  rate_low(k, judged) AS precision_low, rate_high(k, judged) AS precision_high,
  countIf(right) AS confirmed, countIf(right AND in_time) AS found, found / confirmed AS recall,
  rate_low(found, confirmed) AS recall_low, rate_high(found, confirmed) AS recall_high,
  median(delay) AS delay, median(acknowledged) AS acknowledged, median(contained) AS contained, median(resolved) AS resolved,
  sumMapIf(map(verdict, 1), verdict != '') AS verdicts
FROM (SELECT * FROM incident_outcomes WHERE {tenant:String} IN ('*', tenant))
WHERE opened_at >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND opened_at < {at:DateTime('UTC')}
