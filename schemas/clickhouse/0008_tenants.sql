-- Filled by hand where wanted: the time zone of a tenant whose events carry no offset from UTC.
CREATE TABLE IF NOT EXISTS tenants (
  tenant String,
  zone   String COMMENT 'such as Europe/Berlin'
)
ENGINE = ReplacingMergeTree
ORDER BY tenant;
