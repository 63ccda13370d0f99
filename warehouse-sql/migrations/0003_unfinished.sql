-- Rows that may still change without a higher cursor: where the next load has to begin to see what became of them.
ALTER TABLE etl_run ADD COLUMN IF NOT EXISTS unfinished_from Nullable(String) COMMENT 'the lowest cursor of rows that could still change; null where there were none' AFTER staged_to;
