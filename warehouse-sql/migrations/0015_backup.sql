-- Backups of the warehouse, and its restores. The later row of one counts.
CREATE TABLE IF NOT EXISTS etl_backup
(
  name String COMMENT 'the backup',
  kind LowCardinality(String) COMMENT 'full | incremental | restore',
  base String COMMENT 'the full backup that an incremental one needs',
  taken_at DateTime64(3, 'UTC') COMMENT 'the time whose rows it has',
  finished_at Nullable(DateTime64(3, 'UTC')),
  outcome LowCardinality(String) COMMENT 'running | good | failed',
  rows UInt64 COMMENT 'of all its tables, as readers see them',
  seconds Float64,
  error String,
  version UInt64
)
ENGINE = {ReplacingMergeTree}(version)
ORDER BY (kind, name, taken_at);
