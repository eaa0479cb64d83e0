-- Which sessions does detector version b judge otherwise than version a, while both ran?
--   a String = 1    a version
--   b String = 2    the other
--   days UInt32 = 7    how far back
--   at DateTime('UTC') = now    until when
WITH seen AS (
  SELECT event_type, tenant, session_id, anchor, ts, detector_version AS v FROM feedback_by_version
  WHERE v IN ({a:String}, {b:String}) AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
), spans AS (SELECT event_type, v, min(ts) AS first, max(ts) AS last FROM seen GROUP BY event_type, v),
both AS (SELECT event_type, max(first) AS since, min(last) AS until FROM spans GROUP BY event_type HAVING count() = 2)
SELECT event_type, tenant, session_id, anchor, any(v) AS only_in
FROM seen INNER JOIN both USING (event_type)
WHERE ts >= since AND ts <= until
GROUP BY event_type, tenant, session_id, anchor HAVING uniqExact(v) = 1
ORDER BY event_type, session_id, anchor LIMIT 100
