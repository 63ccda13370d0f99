/*---
about: Flavours of items, with their prices
grain: one row per flavour
key: [catalog_item_id]
partition: tuple()
columns:
  catalog_item_id: {is: the flavour's number}
  item_type_id: {is: the kind of items that it is for}
  created_at: {is: when it came into the catalogue, unit: UTC}
  price: {is: what an hour costs, unit: cents per hour}
  vcpus: {is: virtual processors}
  ram_mb: {is: main memory, unit: MB (1024 to the GB)}
  disk_gb: {is: size of its disk, unit: GB}
---*/
SELECT
  catalog_item_id,
  item_type_id,
  create_ts AS created_at,
  price,
  vcpus,
  ram_mb,
  disk_gb
FROM {landing}
