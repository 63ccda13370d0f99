/*---
about: Kinds of items
grain: one row per kind of item
key: [item_type_id]
partition: tuple()
columns:
  item_type_id: {is: the kind's number}
  item_definition: {is: "the kind: VM, Volume, Floating IP, Router, Network …"}
  item_desc: {is: what it is}
---*/
SELECT
  item_type_id,
  item_definition,
  item_desc
FROM {landing}
