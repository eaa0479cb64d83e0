-- What came of each incident, in minutes. `paged`: somebody was called for it. `in_time`: before people reported it. `contained`:
-- until the first rollback that takes back a change which the incident names.
CREATE OR REPLACE VIEW incident_outcomes AS
SELECT incident_id, tenant, signal_type, slice, class, severity, verdict, opened_at,
  arrayExists(one -> JSONExtractBool(one, 'page'), JSONExtractArrayRaw(notify)) AS paged,
  ifNull(reported_at >= opened_at, true) AS in_time,
  dateDiff('second', ifNull(onset, opened_at), opened_at) / 60 AS delay,
  dateDiff('second', opened_at, acked_at) / 60 AS acknowledged,
  arrayElementOrNull(arraySort(arrayMap(one -> dateDiff('second', opened_at, one.1) / 60, arrayFilter(
    one -> one.2 IN ('*', tenant) AND one.1 >= ifNull(onset, opened_at) AND position(changes, concat('"', one.3, '"')) > 0,
    (SELECT groupArray((ts, tenant, reverts)) FROM changes WHERE kind = 'rollback' AND reverts != '')))), 1) AS contained,
  dateDiff('second', opened_at, resolved_at) / 60 AS resolved
FROM incidents;
