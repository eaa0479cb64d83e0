-- The role of those who ask: reads the views and what is beneath them, changes nothing. No grant on reject_bytes, which may
-- hold user text, and none on the lander's own tables.
-- Where analysts may see only some tenants, give each group a role of its own, grant it analyst, and add a policy such as
--   CREATE ROW POLICY acme ON signals, responses, tallies, late USING tenant = 'acme' TO acme_analyst;
-- Policies count beneath the views too, because a view asks with the rights of its reader.
CREATE ROLE IF NOT EXISTS analyst;

GRANT SELECT ON feedback TO analyst;
GRANT SELECT ON feedback_by_version TO analyst;
GRANT SELECT ON superseded TO analyst;
GRANT SELECT ON signal_rates TO analyst;
GRANT SELECT ON signal_rates_by_version TO analyst;
GRANT SELECT ON answers TO analyst;
GRANT SELECT ON late_events TO analyst;
GRANT SELECT ON rejects TO analyst;

GRANT SELECT ON signals TO analyst;
GRANT SELECT ON responses TO analyst;
GRANT SELECT ON tallies TO analyst;
GRANT SELECT ON late TO analyst;
GRANT SELECT ON reject_rows TO analyst;
GRANT SELECT ON tenants TO analyst;
