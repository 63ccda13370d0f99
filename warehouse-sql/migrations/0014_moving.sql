-- Rows move to more nodes (`make rebalance`): while they do, nothing is loaded and no report is answered.
ALTER TABLE etl_node ADD COLUMN IF NOT EXISTS moving_from UInt16 DEFAULT 0 COMMENT 'while rows are being moved: how many nodes there were; else 0';
