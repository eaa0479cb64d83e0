-- Which incidents are live, and who has them?
--   tenant String = *    one tenant; * for all
SELECT severity, state, tenant, signal_type, slice, class, markers, onset, opened_at, rate, baseline, ratio, ratio_low, ratio_high,
  fired, trials, users, owner, acked_by, silenced_until, runbook_url, incident_id
FROM incidents
WHERE state IN ('open', 'acknowledged', 'silenced') AND {tenant:String} IN ('*', tenant)
ORDER BY severity, opened_at, incident_id
