-- What was changed from six hours before an incident began until ten minutes after? Correlated, which is not to say the cause.
--   id String = *    the incident_id; * for the newest
SELECT change_id, c.ts AS ts, dateDiff('second', c.ts, i.began) / 60 AS minutes_before, kind, scope, from_version, to_version,
  reverts, owner, rollback_ref, url
FROM changes AS c CROSS JOIN (
  SELECT tenant, ifNull(onset, opened_at) AS began FROM incidents
  WHERE {id:String} IN ('*', incident_id) ORDER BY opened_at DESC, incident_id LIMIT 1
) AS i
WHERE c.tenant IN ('*', i.tenant) AND c.ts >= i.began - toIntervalHour(6) AND c.ts <= i.began + toIntervalMinute(10)
ORDER BY abs(minutes_before), change_id
