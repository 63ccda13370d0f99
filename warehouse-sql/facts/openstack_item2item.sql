/*---
about: Which item is attached to which
grain: one row per pair of items
key: [primary_item, secondary_item]
partition: tuple()
columns:
  primary_item: {is: "the item; 0 where the source names none"}
  secondary_item: {is: "the item that is attached to it; 0 where the source names none"}
---*/
SELECT
  ifNull(landed.primary_item, 0) AS primary_item,
  ifNull(landed.secondary_item, 0) AS secondary_item
FROM {landing} AS landed
