/*---
about: "Flavours of items, with their prices"
source: Openstack
mode: full
key: [catalog_item_id]
cursor: catalog_item_id
schedule: 0 10/15 * * * ?
facts: [openstack_catalog_item]
---*/
SELECT catalog_item_id, item_type_id, create_ts, price, vcpus, ram_mb, disk_gb
FROM catalog_item
