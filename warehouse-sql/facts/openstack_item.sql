/*---
about: "Items that projects use: virtual machines, volumes, addresses …"
grain: one row per item
key: [item_id]
partition: tuple()
columns:
  item_id: {is: the item's number}
  project_id: {is: the project of a service that it is in}
  poc_id: {is: "the user whom it belongs to; NULL where nobody is known", identifies: person}
  item_uid: {is: the service's own name for it}
  item_type_id: {is: its kind}
---*/
SELECT
  item_id,
  project_id,
  poc_id,
  item_uid,
  item_type_id
FROM {landing}
