-- How long rows of facts are kept, where that isn't for good: what was set and by whom, and which days' rows are gone. Only ever added to.
CREATE TABLE IF NOT EXISTS etl_retention
(
  fact LowCardinality(String),
  at DateTime64(3, 'UTC') DEFAULT now64(3),
  who String,
  days Nullable(UInt32) COMMENT 'set: how many days rows are kept from then on; 0: as the fact''s header says',
  before Nullable(Date) COMMENT 'removed: all rows of days before it',
  rows UInt64 DEFAULT 0 COMMENT 'removed: how many'
)
ENGINE = {MergeTree}
ORDER BY (fact, at);
