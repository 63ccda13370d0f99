/*---
about: Intervals of time in which an item was in one state with one flavour
grain: one row per interval of one item
key: [item_id, started_at]
partition: toYYYYMM(started_at)
columns:
  item_id: {is: the item}
  started_at: {is: when it began, unit: UTC}
  ended_at: {is: "when it ended, exclusive; NULL while it is open", unit: UTC}
  state: {is: "the state: ACTIVE is the one that counts as usage"}
  catalog_item_id: {is: the flavour that it had}
---*/
SELECT
  item_id,
  start_ts AS started_at,
  end_ts AS ended_at,
  state,
  catalog_item_id
FROM {landing}
