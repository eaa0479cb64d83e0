-- The role of those who ask: reads the views and what is beneath them, changes nothing. No grant on reject_bytes, which may
-- hold user text, and none on the lander's own tables.
-- Where analysts may see only some tenants, give each group a role of its own, grant it analyst, and add a policy such as
--   CREATE ROW POLICY acme ON signals, responses, tallies, late, incident_rows, delivery_rows USING tenant = 'acme' TO acme_analyst;
--   CREATE ROW POLICY acme_changes ON change_rows USING tenant IN ('acme', '*') TO acme_analyst;
-- Policies count beneath the views too, because a view asks with the rights of its reader.
CREATE ROLE IF NOT EXISTS analyst;

GRANT
  SELECT ON answers, SELECT ON change_rows, SELECT ON changes, SELECT ON deliveries, SELECT ON delivery_attempts,
  SELECT ON delivery_rows, SELECT ON feedback, SELECT ON feedback_by_version, SELECT ON incident_outcomes, SELECT ON incident_rows,
  SELECT ON incident_transitions, SELECT ON incidents, SELECT ON late, SELECT ON late_events, SELECT ON reject_rows,
  SELECT ON rejects, SELECT ON responses, SELECT ON signal_rates, SELECT ON signal_rates_by_version,
  SELECT ON signals, SELECT ON sliced_rates, SELECT ON superseded, SELECT ON tallies, SELECT ON tenants
TO analyst;
