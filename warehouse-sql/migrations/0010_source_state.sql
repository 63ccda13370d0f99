-- What the source was like at each load: a source that went backwards, or is another one, must not be read on as if nothing had happened.
ALTER TABLE etl_run
  ADD COLUMN IF NOT EXISTS source_system String COMMENT 'the source''s system identifier; empty: not known' AFTER snapshot_xmax,
  ADD COLUMN IF NOT EXISTS source_timeline UInt32 COMMENT 'its timeline, which a promotion raises; 0: not known' AFTER source_system,
  ADD COLUMN IF NOT EXISTS source_rows Nullable(UInt64) COMMENT 'rows that the extract''s SELECT had there when they were last counted; null: they never were' AFTER source_timeline,
  ADD COLUMN IF NOT EXISTS replayed_lsn String COMMENT 'how far the replica had replayed' AFTER source_rows,
  ADD COLUMN IF NOT EXISTS replayed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the time up to which the data reach: when it looked, less the replica''s lag; null: not known' AFTER replayed_lsn,
  ADD COLUMN IF NOT EXISTS warning String COMMENT 'what is odd at the source, though the rows were loaded' AFTER error;

-- What each partition held when it was last published to: whether the warehouse itself has lost something since.
CREATE TABLE IF NOT EXISTS etl_partition
(
  fact LowCardinality(String),
  partition String COMMENT 'the partition''s id, for example 202601',
  rows UInt64 COMMENT 'rows that readers see',
  stored_rows UInt64 COMMENT 'rows in its parts, those that another one replaces included',
  _run UInt64 COMMENT 'the run that published to it'
)
ENGINE = {ReplacingMergeTree}(_run)
ORDER BY (fact, partition);
