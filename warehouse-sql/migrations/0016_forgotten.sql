-- Sites that asked to be forgotten, by a salted hash that leads to nobody: what they report from then on is left out. Only ever added to.
CREATE TABLE IF NOT EXISTS etl_forgotten
(
  system LowCardinality(String) COMMENT 'the extracts of this system leave the site out',
  salt String COMMENT 'the same for all: a secret of this warehouse',
  site String COMMENT 'SHA-256 of the salt and the site, in hexadecimal digits',
  at DateTime64(3, 'UTC') DEFAULT now64(3),
  who String COMMENT 'who had it forgotten',
  fact LowCardinality(String) COMMENT 'erased: of which table; empty: the wish itself',
  rows UInt64 DEFAULT 0 COMMENT 'erased: how many'
)
ENGINE = {MergeTree}
ORDER BY (system, site, at);
-- What is erased of these is soon gone from the disk as well: their rewritten parts are written through, and the old ones needn't wait.
ALTER TABLE etl_quarantine MODIFY SETTING old_parts_lifetime = 5, cleanup_delay_period = 1, max_cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, fsync_part_directory = true;
ALTER TABLE etl_run MODIFY SETTING old_parts_lifetime = 5, cleanup_delay_period = 1, max_cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, fsync_part_directory = true;
