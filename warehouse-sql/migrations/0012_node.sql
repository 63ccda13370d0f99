-- Which of the warehouse's nodes this is: rows lie on one node each, so a load or a report that knew of fewer, more or in another order would
-- be wrong.
CREATE TABLE IF NOT EXISTS etl_node
(
  number UInt16 COMMENT 'from 1, as in Warehouse__Url',
  nodes UInt16 COMMENT 'how many there are'
)
ENGINE = {ReplacingMergeTree}
ORDER BY tuple();
