#!/bin/sh
# Runs once, when the server's volume is new: a user for dashboards, who may read what analysts may. The migrations grant to the role.
set -eu
password=$(printf %s "$GRAFANA_CLICKHOUSE_PASSWORD" | sed "s/[\\\\']/\\\\&/g")
clickhouse-client --user "$CLICKHOUSE_USER" --password "$CLICKHOUSE_PASSWORD" --multiquery <<SQL
CREATE ROLE IF NOT EXISTS analyst;
CREATE USER IF NOT EXISTS grafana IDENTIFIED BY '$password'
  SETTINGS max_execution_time = 60 CHANGEABLE_IN_READONLY, max_memory_usage = 1000000000, readonly = 2;
GRANT analyst TO grafana;
SET DEFAULT ROLE analyst TO grafana;
SQL
