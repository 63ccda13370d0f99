-- The ledger of loads. A run writes its row when it starts (outcome 'running') and again when it ends; the later row counts.
CREATE TABLE IF NOT EXISTS etl_run
(
  run UInt64 COMMENT 'the run: microseconds since 1970 when it began, raised where that was taken',
  extract LowCardinality(String) COMMENT 'system/table',
  kind LowCardinality(String) COMMENT 'incremental | backfill | verify | heal',
  outcome LowCardinality(String) COMMENT 'running | published | checked | failed',
  started_at DateTime64(3, 'UTC'),
  finished_at Nullable(DateTime64(3, 'UTC')),
  range_from Nullable(String) COMMENT 'cursor (incremental) or event time (backfill) from which it read, exclusive or inclusive as the kind says',
  range_to Nullable(String) COMMENT 'the highest cursor seen, or the event time before which it read',
  staged_to Nullable(String) COMMENT 'the cursor up to which a backfill has staged; one that failed goes on from there',
  definition String COMMENT 'checksum of the extract''s and its facts'' SQL: staged rows of another one are not used',
  snapshot String COMMENT 'pg_current_snapshot() of the reading transaction',
  snapshot_xmax UInt64 COMMENT 'every transaction from this number on was not visible to it',
  rows_read UInt64,
  rows_quarantined UInt64,
  bytes_read UInt64,
  seconds Float64,
  facts Array(LowCardinality(String)),
  partitions Array(String) COMMENT 'fact/partition that it published',
  error String,
  version UInt64
)
ENGINE = {ReplacingMergeTree}(version)
ORDER BY (extract, run);

-- Rows that were read and could not be understood: why, and which row of the source it is. Never the row itself, since documents can hold names of people.
CREATE TABLE IF NOT EXISTS etl_quarantine
(
  extract LowCardinality(String),
  key Array(String) COMMENT 'the values of the extract''s key',
  cursor Nullable(String) COMMENT 'the value of the extract''s cursor',
  reason LowCardinality(String),
  _run UInt64 COMMENT 'the run that last read it'
)
ENGINE = {ReplacingMergeTree}(_run)
ORDER BY (extract, key);
