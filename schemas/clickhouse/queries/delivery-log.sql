-- Who was told of an incident when, by which destination, at which attempt, and what did it answer?
--   id String = *    the incident_id; * for the newest
SELECT ts, kind, destination, status, attempt, http_status, code, duration_ms, next_at, accepted_at, rev, actor,
  notification_id, body_sha256
FROM delivery_attempts
WHERE incident_id = if({id:String} = '*', (SELECT argMax(incident_id, opened_at) FROM incidents), {id:String})
ORDER BY ts, notification_id, destination, attempt
